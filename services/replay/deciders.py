"""The deciders of this build, by what their entities are called before the colon."""

from __future__ import annotations

from typing import Final

from services.enforcement.account import ACCOUNT
from services.replay.verify import Deciders

DECIDERS: Final[Deciders] = {ACCOUNT.prefix: ACCOUNT}
