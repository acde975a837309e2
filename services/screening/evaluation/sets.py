"""Every set that the rules are measured on, in the order of the report."""

from __future__ import annotations

from typing import Final

from services.screening.evaluation import labelled_abuse, labelled_contacts
from services.screening.evaluation.labelled import LabelledSet

SETS: Final[tuple[LabelledSet, ...]] = (*labelled_abuse.SETS, *labelled_contacts.SETS)
