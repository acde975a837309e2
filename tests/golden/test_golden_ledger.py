"""A ledger that was written once: what was decided comes out again, or the decider's version is raised."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.enforcement.account import ACCOUNT
from services.enforcement.partition import DECIDERS
from services.replay.export import verify_lines

FOLDER = Path(__file__).parent
LEDGERS = sorted(FOLDER.glob("ledger*.jsonl"))
RAISE = (
    "a decision comes out differently than it did: raise the decider's version, keep this file as "
    "tests/golden/ledger-<old version>.jsonl, and run `python -m tests.golden.write`"
)


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.name)
def test_every_golden_ledger_verifies(path: Path) -> None:
    """Those of older builds by chain and fold; that of this build is decided again byte for byte."""
    with path.open("rb") as file:
        report = verify_lines(file, DECIDERS)
    assert report.fault is None, f"{report.fault}; {RAISE}"


def test_the_golden_ledger_is_of_this_build() -> None:
    """So that a change of decisions can't hide behind a raised version."""
    with (FOLDER / "ledger.jsonl").open("rb") as file:
        report = verify_lines(file, DECIDERS)
    assert report.decided_again == report.entries > 100, (
        f"it was decided by {report.other_builds}, this is {ACCOUNT.version}; {RAISE}"
    )
