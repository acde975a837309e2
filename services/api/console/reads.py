"""What a page reads of what people wrote, and that it was read: each such answer goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fastapi import Request

from events.contents import Content, decode_content
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
    rows = await database(request).fetch(SQL["texts"], wanted)
    return {row["ref"]: decode_content(row["value"]) for row in rows}


async def snapshots(
    request: Request, who: Operator, account: str, post: str, case_id: str | None = None
) -> list[Content]:
    """What a post said in each revision that was kept, the earliest first; the reading is noted first."""
    await access.seen(request, who.actor, CONTENTS, account=account, case_id=case_id)
    rows = await database(request).fetch(SQL["snapshots"], post, SNAPSHOTS_MAX)
    found = [decode_content(row["value"]) for row in rows]
    return sorted(found, key=lambda one: (one.revision or 0, one.received_at))
