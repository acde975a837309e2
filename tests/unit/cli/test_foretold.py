"""What a decision would lead to, in one sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest

from events import ledger
from events.ledger import CaseClosed, Refused
from events.signals import ReportAnswered, Signal
from services.replay.dry_run import DryRun
from services.sentences import foretold
from tests.support.entries import PERSON, T0, sanction_imposed, sanction_lifted, standing_of, strike_issued
from tests.support.filled import filled
from tests.support.signals import signal


def foreseen(*outcomes: ledger.Outcome, signals: tuple[Signal, ...] = (), **after: Any) -> DryRun:
    """A dry run over a clean account."""
    clean = standing_of(1, active_points=0, confirmed_points=0)
    return DryRun(
        outcomes, signals, clean, standing_of(2, **{"active_points": 0, "confirmed_points": 0, **after})
    )


def answered(report: str, outcome: Any) -> Signal:
    """A reporter is told."""
    return signal("account:bob", f"answer-{report}", ReportAnswered(report, "bob", outcome), T0)


def test_it_tells_points_what_starts_and_until_when_and_what_expires_when() -> None:
    """In this order, in one line without a full stop."""
    said = foretold(
        foreseen(strike_issued("s-1", T0, severity=2), sanction_imposed("x-1", T0), active_points=2)
    )
    assert said == (
        "the account goes from 0 to 2 points; "
        "a strike (s2, 2 points) under no-spam goes on record, which expires 2030-04-01 00:00:00Z; "
        "a suspension starts 2030-01-01 00:00:00Z and lasts until 2030-01-02 00:00:00Z"
    )


def test_it_tells_which_reports_close_and_how_they_are_answered() -> None:
    """By their ids where they are few, else how many there are."""
    closed = CaseClosed("case-1", 2, "dismissed", PERSON, None, T0)
    few = tuple(answered(f"r-{number}", "ignored") for number in range(2))
    many = tuple(answered(f"q-{number}", "upheld") for number in range(6))
    said = foretold(foreseen(closed, signals=(*few, *many)))
    assert said.startswith("the account stays at 0 points; case case-1 closes as dismissed; ")
    assert "2 reports close as ignored (r-0, r-1)" in said
    assert said.endswith("6 reports close as upheld")


def test_it_tells_what_ends_and_what_falls_away() -> None:
    """A strike that is overturned, and the suspension that it brought."""
    removed = ledger.StrikeRemoved("strike-1", "overturned", PERSON, None, T0)
    run = foreseen(removed, sanction_lifted("sanction-1", T0 + timedelta(hours=1)), confirmed_points=1)
    assert foretold(run) == (
        "the account stays at 0 points; confirmed points go from 0 to 1; "
        "strike strike-1 falls away (overturned); the suspension sanction ends 2030-01-01 01:00:00Z"
    )


def test_a_refusal_is_all_that_it_tells() -> None:
    """Why, and what to do instead."""
    refused = Refused("lift", "already_done", "it is lifted already", "nothing is left to do", T0, 3)
    said = foretold(foreseen(refused))
    assert "already done" in said
    assert "nothing is left to do" in said
    assert "points" not in said


@pytest.mark.parametrize("kind", get_args(ledger.Outcome))
def test_whatever_would_follow_is_told_in_one_line(kind: Any) -> None:
    """Nothing that a decision can lead to is left out."""
    said = foretold(foreseen(filled(kind)))
    assert "\n" not in said
    assert not said.endswith(".")
    assert ";" in said
