"""What one record of a topic says to somebody who only watches: what to count, and what to tell in the feed.

Records are read loosely: whatever this doesn't know, it passes over. A feed item holds ids and names of the
code, never what somebody wrote, nor who reported. What needs a capability of its own (welfare, restricted
cases, referrals) is counted with all others and told nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

import msgspec

LABELS_MAX: Final = 64
"""How many names one label may take: a foreign writer can't fill the memory."""
ID_CHARS_MAX: Final = 140
SHOWN_CASES: Final = frozenset({"finding", "report", "strike", "termination", "campaign", "link"})
"""Kinds of cases that whoever may see standings may hear of."""
CODE_HEADER: Final = "gs-reason-code"

Count = tuple[str, str]
"""What is counted, and under which guideline or reason (empty: without one)."""


class Item(msgspec.Struct, frozen=True):
    """One line of the feed: `what` happened to `account`. `at` is when it was recorded."""

    at: datetime
    what: str
    account: str
    guideline: str
    id: str
    detail: str


class Seen(msgspec.Struct, frozen=True):
    """What a record says. `day` is when it was recorded, where that is known."""

    counts: tuple[Count, ...] = ()
    items: tuple[Item, ...] = ()
    day: date | None = None


NOTHING: Final = Seen()


class _Finding(msgspec.Struct):
    guideline: str = ""


class _Body(msgspec.Struct):
    kind: str = ""
    findings: tuple[_Finding, ...] = ()


class _Cause(msgspec.Struct):
    body: _Body


class _Notice(msgspec.Struct):
    guideline: str = ""


class _Outcome(msgspec.Struct):
    kind: str
    case: str | None = None
    case_kind: str | None = None
    appeal: str | None = None
    about: str = ""
    outcome: str = ""


class _Entry(msgspec.Struct):
    entity: str
    recorded_at: datetime
    cause: _Cause
    outcomes: tuple[_Outcome, ...] = ()


class _EventData(msgspec.Struct):
    strike: str = ""
    sanction: str = ""
    guideline: str = ""
    severity: int = 0
    counts_as: str = ""
    kind: str = ""
    status: str = ""
    because: str = ""
    notice: _Notice | None = None


class _Event(msgspec.Struct):
    type: str
    subject: str
    time: datetime
    data: _EventData


_entries: Final = msgspec.json.Decoder(_Entry)
_events: Final = msgspec.json.Decoder(_Event)

STRIKES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "goodstanding.strike.issued.v1": "strike issued",
        "goodstanding.strike.removed.v1": "strike removed",
        "goodstanding.strike.confirmed.v1": "strike confirmed",
    }
)
SANCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "goodstanding.sanction.imposed.v1": "sanction imposed",
        "goodstanding.sanction.lifted.v1": "sanction lifted",
    }
)


def seen(topic: str, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()) -> Seen:
    """What a record of `topic` (the catalogue's name) says; nothing where it can't be read."""
    if topic == "dead_letters":
        return Seen(((topic, _code(headers)),))
    if value is None:
        return NOTHING
    try:
        if topic == "ledger":
            return _of_entry(_entries.decode(value))
        if topic == "strikes":
            return _of_strike(_events.decode(value))
        if topic == "sanctions":
            return _of_sanction(_events.decode(value))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return NOTHING
    return NOTHING


def _code(headers: Sequence[tuple[str, bytes]]) -> str:
    return next((value.decode("utf-8", "replace")[:32] for name, value in headers if name == CODE_HEADER), "")


def _of_entry(entry: _Entry) -> Seen:
    counts: list[Count] = [("signals", entry.cause.body.kind)]
    items: list[Item] = []
    counts += [("findings", finding.guideline) for finding in entry.cause.body.findings]
    account = entry.entity.partition(":")[2] if entry.entity.startswith("account:") else ""
    for outcome in entry.outcomes:
        if outcome.kind == "case_opened":
            counts.append(("cases", ""))
            if outcome.case and outcome.case_kind in SHOWN_CASES:
                items.append(
                    _item(entry.recorded_at, "case opened", account, "", outcome.case, outcome.case_kind)
                )
        elif outcome.kind.startswith("appeal_") and outcome.appeal:
            what = outcome.kind.replace("_", " ")
            counts.append(("appeals", what.removeprefix("appeal ")))
            items.append(_item(entry.recorded_at, what, account, "", outcome.appeal, outcome.outcome))
    return Seen(tuple(counts), tuple(items), entry.recorded_at.astimezone(UTC).date())


def _of_strike(event: _Event) -> Seen:
    what = STRIKES.get(event.type)
    if what is None:
        return NOTHING
    data = event.data
    issued = what == "strike issued"
    detail = f"s{data.severity}, {data.counts_as}" if issued else data.status
    counts = (("strikes", data.guideline),) if issued else ()
    return Seen(counts, (_item(event.time, what, event.subject, data.guideline, data.strike, detail),))


def _of_sanction(event: _Event) -> Seen:
    what = SANCTIONS.get(event.type)
    if what is None:
        return NOTHING
    data = event.data
    guideline = data.notice.guideline if data.notice is not None else ""
    imposed = what == "sanction imposed"
    detail = data.kind if imposed or not data.because else f"{data.kind}, {data.because}"
    counts = (("sanctions", guideline),) if imposed else ()
    return Seen(counts, (_item(event.time, what, event.subject, guideline, data.sanction, detail),))


def _item(at: datetime, what: str, account: str, guideline: str, id_: str, detail: str) -> Item:
    return Item(at, what, account[:ID_CHARS_MAX], guideline[:32], id_[:ID_CHARS_MAX], detail[:64])
