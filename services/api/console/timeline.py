"""An account's history as sentences: who or what caused each entry, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from events.ledger import Outcome, Refused
from services.answers import ShownEntry
from services.sentences import sentence

QUIET: Final = frozenset({"post_remembered", "key_held", "sighting_noted", "hostility_noted"})
"""Outcomes that only help to recognise something later; a line of theirs tells a reader nothing."""
LEFT_OUT: Final[Mapping[str, Any]] = {"reporter": "", "linked": ()}
"""What stands in place of names of reporters, and of their other accounts, that were left out."""
CAUSES: Final[Mapping[str, str]] = {
    "post_screened": "a post",
    "account_changed": "the platform, about the account",
    "decided": "a decision",
    "report_filed": "a report by this account",
    "report_weighed": "a report",
    "report_withdrawn": "a report that was taken back",
    "report_answered": "the answer to a report",
    "notice_delivered": "the platform, about a notice",
    "tick": "the passing of time",
}


class Line(msgspec.Struct, frozen=True):
    """One entry. `refused`: a decision that had no effect; `withheld`: why its content isn't shown."""

    sequence: int
    recorded_at: datetime
    cause: str
    by: str
    sentences: tuple[str, ...]
    refused: bool
    withheld: str
    sha256: str


def lines(entries: Sequence[ShownEntry]) -> list[Line]:
    """Entries as lines, in the order in which they come."""
    return [_line(entry) for entry in entries]


def outcomes_of(entry: Mapping[str, Any]) -> list[Outcome]:
    """An entry's outcomes from its JSON; a reporter whose name was left out has none."""
    return msgspec.convert([_whole(one) for one in entry["outcomes"]], type=list[Outcome])


def _whole(outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {name: LEFT_OUT.get(name) if value is None else value for name, value in outcome.items()}


def _line(entry: ShownEntry) -> Line:
    outcomes = [] if entry.withheld is not None else outcomes_of(entry.entry)
    told = [sentence(one) for name, one in zip(entry.outcomes, outcomes, strict=False) if name not in QUIET]
    by = "" if entry.actor_id is None else f"{entry.actor_kind}:{entry.actor_id}"
    return Line(
        entry.sequence,
        entry.recorded_at,
        CAUSES.get(entry.cause_kind, entry.cause_kind.replace("_", " ")),
        by if entry.actor_kind != "account" else "",
        tuple(told or (["noted, to recognise it again"] if outcomes else [])),
        any(isinstance(one, Refused) for one in outcomes),
        entry.withheld or "",
        entry.sha256,
    )
