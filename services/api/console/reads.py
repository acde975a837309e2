"""What a page reads of what people wrote, and that it was read: each such answer goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fastapi import Request

from events.contents import Content, decode_content
from events.policy import Policy
from services import answers
from services.answers import ShownExplanation
from services.api import access
from services.api.console.queries import SQL
from services.api.console.signed import database
from services.keys import CONTENTS, Operator

SNAPSHOTS_MAX: Final = 50


async def texts(
    request: Request, who: Operator, account: str, refs: Iterable[str | None], case_id: str | None = None
) -> Mapping[str, Content]:
    """Free text by reference, as far as it is kept and may be seen; the reading is noted first."""
    wanted = sorted({ref for ref in refs if ref})
    if not wanted or not who.may(CONTENTS):
        return {}
    await access.seen(request, who.actor, CONTENTS, account=account, case_id=case_id)
    db = database(request)
    found = {row["ref"]: decode_content(row["value"]) for row in await db.fetch(SQL["texts"], wanted)}
    closed = await answers.closed(db, who, found)
    return {ref: one for ref, one in found.items() if ref not in closed}


async def snapshots(
    request: Request, who: Operator, account: str, post: str, case_id: str | None = None
) -> tuple[list[Content], str]:
    """What a post said in each revision that was kept, the earliest first; the reading is noted first.

    And the capability without which some of it isn't among them; empty where nothing is left out.
    """
    await access.seen(request, who.actor, CONTENTS, account=account, case_id=case_id)
    db = database(request)
    rows = await db.fetch(SQL["snapshots"], post, SNAPSHOTS_MAX)
    found = {row["ref"]: decode_content(row["value"]) for row in rows}
    closed = await answers.closed(db, who, found)
    shown = [one for ref, one in found.items() if ref not in closed]
    shown.sort(key=lambda one: (one.revision or 0, one.received_at))
    return shown, next(iter(closed.values()), "")


async def explained(
    request: Request, who: Operator, identity: str, policies: Mapping[str, Policy]
) -> ShownExplanation:
    """Why there is a strike or a sanction; that reporters show in it is noted. Raises `NotFound`."""
    told = (await answers.explain(database(request), who, identity, policies)).data
    if any(cause.cause_kind in answers.REPORT_KINDS for cause in told.chain):
        await access.seen_reporters(request, who, [told.account])
    return told
