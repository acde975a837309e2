"""An account as a person needs to see it: where it stands, why, until when, and what it did for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import Request

from services import answers
from services.api import access
from services.api.console import casefile, timeline
from services.api.console.queries import SQL
from services.api.console.signed import database
from services.keys import REPORTERS, Operator
from services.runtime.reading import Standing, Strike

TIMELINE_ROWS: Final = 40
CASES_ROWS: Final = 20
APPEALS_ROWS: Final = 20


class Fall(msgspec.Struct, frozen=True):
    """When points fall away, and what is left then; None where that can't be told from the rows alone."""

    at: datetime
    strikes: tuple[Strike, ...]
    left: int | None


class AccountPage(msgspec.Struct, frozen=True):
    """Everything on the page of an account. `readings` are one standing now, or two as of a moment."""

    account: str
    readings: tuple[Standing, ...]
    falls: tuple[Fall, ...]
    lines: tuple[timeline.Line, ...]
    next: str | None
    cases: tuple[Any, ...]
    appeals: tuple[Any, ...]
    record: Mapping[str, Any] | None
    record_hidden: bool
    links: tuple[str, ...]

    @property
    def now(self) -> Standing | None:
        """The standing of this moment; None on a page as of another."""
        return next((one for one in self.readings if one.reading == "now"), None)


async def gather(
    request: Request, who: Operator, account: str, as_of: datetime | None, after: str | None
) -> AccountPage:
    """Read all of it. Raises `NotFound` or `BadPage`."""
    db = database(request)
    told = (await answers.standing(db, who, account, as_of)).data
    readings = tuple(one for one in (told.now, told.as_recorded, told.in_effect) if one is not None)
    history = await answers.audit(db, who, account, after, TIMELINE_ROWS)
    await access.seen_entries(request, who, history.data)
    named = who.may(REPORTERS)
    await access.seen_reporters(request, who, [account])
    records = await casefile.reporters(db, [account]) if named else {}
    rows = await db.fetch(SQL["open_cases_of"], account, CASES_ROWS)
    cases = tuple(row for row in rows if answers.may_see(who, row["case_kind"]))
    await access.seen_cases(request, who, map(access.of_row, cases))
    return AccountPage(
        account=account,
        readings=readings,
        falls=tuple(falls(told.now)) if told.now else (),
        lines=tuple(timeline.lines(history.data)),
        next=history.next,
        cases=cases,
        appeals=tuple(await db.fetch(SQL["appeals_of"], account, APPEALS_ROWS)),
        record=records.get(account),
        record_hidden=not named,
        links=await casefile.linked(db, account),
    )


def falls(standing: Standing) -> Iterable[Fall]:
    """The days on which active points fall away, and what is left after each."""
    active = [one for one in standing.strikes if one.status == "active" and one.points]
    exact = _points(active) == standing.active_points
    for at in sorted({one.expires_at for one in active if one.expires_at is not None}):
        rest = [one for one in active if one.expires_at is None or one.expires_at > at]
        fallen = tuple(one for one in active if one.expires_at == at)
        yield Fall(at, fallen, _points(rest) if exact else None)


def _points(active: Sequence[Strike]) -> int:
    """What these strikes come to: of each episode the gravest counts."""
    episodes: dict[str, int] = {}
    for one in active:
        episodes[one.episode] = max(episodes.get(one.episode, 0), one.points)
    return sum(episodes.values())
