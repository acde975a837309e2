"""The queue: one row for each subject, with everything that was said about it folded in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import msgspec

from events.capabilities import DECIDE_APPEALS
from services import answers
from services.answers import BadPage
from services.api.console.queries import SQL
from services.keys import Operator
from services.runtime.reading import Database

ROWS: Final = 50
DUE_URGENT: Final = timedelta(hours=4)
DUE: Final = timedelta(hours=48)
"""How long a case may wait before the queue calls it overdue."""
APART: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"welfare": ("welfare",), "restricted": ("restricted", "referral")}
)
"""Queues of their own, for those who have the capability, and the kinds of cases in them."""
ELSEWHERE: Final = (*(kind for kinds in APART.values() for kind in kinds), "appeal")
"""Kinds of cases that aren't in the common queue."""
RANKS: Final = frozenset("01234")
"""What a page's end says of a row's place before its time: whether it is urgent, and how grave."""
TABS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unreviewed": "Unreviewed",
        "escalated": "Escalated",
        "appeals": "Appeals",
        "mine": "Mine",
        "resolved": "Resolved",
        "all": "All",
    }
)


class Asked(msgspec.Struct, frozen=True):
    """What is asked of the queue, as its address says. Empty or 0: not asked."""

    tab: str = "unreviewed"
    guideline: str = ""
    severity: int = 0
    kind: str = ""
    account: str = ""
    urgent: bool = False
    after: str = ""

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the tab."""
        return bool(self.guideline or self.severity or self.kind or self.account or self.urgent)


class Row(msgspec.Struct, frozen=True):
    """One row. `due`: when it should be answered at the latest; None once it is."""

    case: Any
    guidelines: tuple[str, ...]
    due: datetime | None

    def late(self, now: datetime) -> bool:
        """Whether it waits longer than it should."""
        return self.due is not None and self.due < now


class Shown(msgspec.Struct, frozen=True):
    """A page of the queue. `next` goes on; empty at the end."""

    rows: tuple[Row, ...]
    next: str


def tabs_for(who: Operator) -> dict[str, str]:
    """The tabs that somebody has."""
    own = {name: name.title() for name, kinds in APART.items() if answers.may_see(who, kinds[0])}
    return {**TABS, **own}


async def counts(db: Database, who: Operator) -> Any:
    """How many open cases each tab has."""
    return await db.fetchrow(SQL["queue_counts"], list(ELSEWHERE), who.actor)


async def cases(db: Database, who: Operator, asked: Asked) -> Shown:
    """A page of a tab. Raises `BadPage`."""
    if asked.tab in {"resolved", "all"}:
        return await _latest(db, who, asked)
    return await _waiting(db, who, asked)


async def new_appeals(db: Database, who: Operator) -> int:
    """How many appeals wait that somebody who may answer them wasn't told of; each is told once."""
    if not who.may(DECIDE_APPEALS):
        return 0
    found: int = await db.fetchval(SQL["appeals_tell"], who.actor)
    return found


async def appeals(db: Database, asked: Asked) -> tuple[list[Any], str]:
    """Appeals that wait, the oldest first, and where to go on."""
    opened_at, appeal = _place(asked.after) if asked.after else (None, None)
    rows = await db.fetch(SQL["appeals"], opened_at, appeal, ROWS + 1)
    last = rows[ROWS - 1] if len(rows) > ROWS else None
    return rows[:ROWS], "" if last is None else f"{last['filed_at'].isoformat()}/{last['appeal']}"


async def next_waiting(db: Database, who: Operator, beside: str) -> str | None:
    """The case that should be answered next, other than this one and those that others have; None: done."""
    asked = Asked()
    while True:
        shown = await _waiting(db, who, asked)
        for row in shown.rows:
            case = row.case
            if case["case_id"] != beside and (not case["held"] or case["assignee"] == who.actor):
                found: str = case["case_id"]
                return found
        if not shown.next:
            return None
        asked = Asked(after=shown.next)


async def _waiting(db: Database, who: Operator, asked: Asked) -> Shown:
    urgent, *place = _place(asked.after, ranks=2) if asked.after else (None, None, None, None)
    own = APART.get(asked.tab)
    rows = await db.fetch(
        SQL["queue_open"]
        + SQL["queue_beside"]
        + "ORDER BY NOT page.urgent, -page.severity, page.opened_at, page.case_id",
        asked.account or None,
        list(own) if own else [asked.kind] if asked.kind else None,
        asked.urgent or None,
        {"unreviewed": False, "escalated": True}.get(asked.tab),
        who.actor if asked.tab == "mine" else None,
        [] if own else list(ELSEWHERE),
        asked.guideline or None,
        asked.severity or None,
        None if urgent is None else urgent == 1,
        *place,
        ROWS + 1,
    )
    return _shown(
        rows,
        lambda row: f"{int(row['urgent'])}/{row['severity']}/{row['opened_at'].isoformat()}/{row['case_id']}",
    )


async def _latest(db: Database, who: Operator, asked: Asked) -> Shown:
    opened_at, case_id = _place(asked.after) if asked.after else (None, None)
    rows = await db.fetch(
        SQL["queue_all"] + SQL["queue_beside"] + "ORDER BY page.opened_at DESC, page.case_id DESC",
        asked.account or None,
        [asked.kind] if asked.kind else None,
        "closed" if asked.tab == "resolved" else None,
        list(answers.unseen(who)),
        asked.guideline or None,
        asked.severity or None,
        opened_at,
        case_id,
        ROWS + 1,
    )
    return _shown(rows, lambda row: f"{row['opened_at'].isoformat()}/{row['case_id']}")


def _shown(rows: list[Any], place: Any) -> Shown:
    more = len(rows) > ROWS
    rows = rows[:ROWS]
    return Shown(tuple(map(_row, rows)), place(rows[-1]) if more else "")


def _row(case: Any) -> Row:
    due = None
    if case["status"] == "open":
        due = case["opened_at"] + (DUE_URGENT if case["urgent"] else DUE)
    return Row(case, tuple(dict.fromkeys(filter(None, case["guidelines"]))), due)


def _place(after: str, ranks: int = 0) -> tuple[Any, ...]:
    """Where a page ended: a time and an id, after as many small numbers as rank what is listed."""
    found = after.split("/", ranks + 1)
    try:
        if len(found) != ranks + 2 or not all(one in RANKS for one in found[:ranks]):
            raise ValueError
        at = datetime.fromisoformat(found[-2])
        if at.tzinfo is None:
            raise ValueError
    except ValueError:
        raise BadPage(f"`{after}` is no place to go on from") from None
    return (*map(int, found[:ranks]), at, found[-1])
