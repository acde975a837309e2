"""What the stories say that people write is found by the rules to be what the stories say."""

from __future__ import annotations

import msgspec
import pytest

from services.screening.digests import IdentityKey
from services.screening.dry_run import screen_lines
from tests.acceptance.scenarios import specimens
from tests.support.screening import default_rulebook
from tests.support.signals import T0
from tests.support.story import Specimen

KEY = IdentityKey("k1", b"acceptance-key-of-the-tests")
ALL = [value for value in vars(specimens).values() if isinstance(value, Specimen)]


@pytest.mark.parametrize("specimen", ALL, ids=lambda specimen: specimen.case)
def test_a_specimen_is_found_and_enforced(specimen: Specimen) -> None:
    """By itself, in a post of somebody who posts nothing else."""
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/stories",
        "type": "goodstanding.post.created.v1",
        "subject": "ann",
        "time": T0.isoformat(),
        "data": {"post": "p1", "revision": 1, "body": f"{specimen.text} (p1)"},
    }
    (answer,) = screen_lines([msgspec.json.encode(event)], default_rulebook(), KEY)
    found = {(f.guideline, f.case, f.severity, f.mode) for f in answer.findings}
    assert (specimen.guideline, specimen.case, specimen.severity, "enforce") in found
    assert max(severity for _, _, severity, _ in found) == specimen.severity
