"""The access log: who saw personal data, and who was refused; never the data.

A read of personal data is noted before it is answered: what can't be noted isn't shown. A refusal stands
whether or not it can be noted; one that can't is in the process's log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Final

import asyncpg
from fastapi import Request
from pydantic import BaseModel, ConfigDict

from events.capabilities import NEEDED_IN
from events.ids import account_entity
from services import answers
from services.answers import ShownEntry
from services.api.counting import NO_ROUTE
from services.keys import REPORTERS, Operator
from services.runtime.postgres import UNAVAILABLE, Queries
from services.runtime.reading import Database, Page, cases_opened_as

log = logging.getLogger(__name__)

ACCOUNT: Final = account_entity("")
SQL: Final = Queries(Path(__file__).parent / "sql")
Matter = tuple[str | None, str | None]
"""An account and a case, as far as something is about them."""
of_case: Final = attrgetter("case_kind", "account", "case_id")
"""What `seen_cases` wants to know of a case."""
of_row: Final = itemgetter("case_kind", "account", "case_id")
"""The same, of a row."""


class Access(BaseModel):
    """One row of the access log. `actor` is null where nobody was recognised; `times` counts those alike."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    actor: str | None
    capability: str | None
    method: str
    route: str
    account: str | None
    case_id: str | None
    result: str
    status: int
    times: int


async def seen(
    request: Request, actor: str, capability: str, *, account: str | None = None, case_id: str | None = None
) -> None:
    """Note that somebody is about to see personal data by a capability that they have."""
    await _note(request, actor, capability, [(account, case_id)], "seen", 200)


async def seen_cases(request: Request, who: Operator, cases: Iterable[tuple[str, str, str]]) -> None:
    """Note those of the cases (kind, account and id of each) that not everybody may see."""
    found: dict[str, list[Matter]] = {}
    for kind, account, case_id in cases:
        needed = NEEDED_IN.get(kind)
        if needed is not None:
            found.setdefault(needed, []).append((account, case_id))
    for needed, matters in found.items():
        await _note(request, who.actor, needed, matters, "seen", 200)


async def seen_reporters(request: Request, who: Operator, accounts: Iterable[str]) -> None:
    """Note whose reporters somebody is about to see, where they may."""
    matters: list[Matter] = [(account, None) for account in sorted(set(accounts))]
    if matters and who.may(REPORTERS):
        await _note(request, who.actor, REPORTERS, matters, "seen", 200)


async def seen_entries(request: Request, who: Operator, entries: Iterable[ShownEntry]) -> None:
    """Note what ledger entries tell of reporters, and of cases that not everybody may see."""
    shown = [entry for entry in entries if entry.withheld is None]
    told = [entry for entry in shown if entry.cause_kind in answers.REPORT_KINDS]
    await seen_reporters(request, who, (entry.entity.removeprefix(ACCOUNT) for entry in told))
    db: Database = request.app.state.database
    for needed, kinds in _kinds_by_need(who).items():
        for entity in sorted({entry.entity for entry in shown}):
            for case in sorted(await cases_opened_as(db, entity, kinds)):
                if any(case in repr(entry.entry) for entry in shown if entry.entity == entity):
                    account = entity.removeprefix(ACCOUNT)
                    await seen(request, who.actor, needed, account=account, case_id=case)


def _kinds_by_need(who: Operator) -> dict[str, set[str]]:
    """The kinds of cases that not everybody may see and this person may, by the capability for them."""
    found: dict[str, set[str]] = {}
    for kind, needed in NEEDED_IN.items():
        if who.may(needed):
            found.setdefault(needed, set()).add(kind)
    return found


async def refused(request: Request, status: int, actor: str | None, capability: str | None) -> None:
    """Note that somebody was turned away; raises nothing."""
    matter = request.path_params.get("account"), request.path_params.get("case_id")
    try:
        await _note(request, actor, capability, [matter], "refused", status)
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        log.warning("a refusal (%s) couldn't be noted in the access log: %r", status, error)


async def listed(
    db: Database,
    *,
    actor: str | None,
    account: str | None,
    case_id: str | None,
    result: str | None,
    since: datetime | None,
    until: datetime | None,
    after: int | None,
    limit: int,
) -> Page[Access]:
    """The access log, the latest first. Any filter may be None; `after` is the id to go on from."""
    records = await db.fetch(
        SQL["access_log"], actor, account, case_id, result, since, until, after, limit + 1
    )
    rows = tuple(Access.model_validate(dict(record)) for record in records)
    more = len(rows) > limit
    return Page(rows=rows[:limit], next=str(rows[limit - 1].id) if more else None)


async def _note(
    request: Request,
    actor: str | None,
    capability: str | None,
    matters: Sequence[Matter],
    result: str,
    status: int,
) -> None:
    db: Database = request.app.state.database
    # The template, not the path: what was asked for is in columns of its own, bounded and indexed.
    route = getattr(request.scope.get("route"), "path", NO_ROUTE)
    if actor is None:
        await db.fetchval(SQL["access_anonymous"], request.method, route, status)
        return
    accounts, cases = map(list, zip(*matters, strict=True))
    await db.fetchval(
        SQL["access_note"], actor, capability, request.method, route, accounts, cases, result, status
    )
