"""Second reviews: a small sample of resolved cases is answered once more, without seeing the first answer.

How often two people agree says how clear the guidelines are, and is counted for the overview. Nothing follows
from a second answer for anybody.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from events.policy import Policy
from services.answers import NotAllowed
from services.api.console import casefile
from services.api.console.queries import SQL
from services.api.console.rendering import page
from services.api.console.sessions import Session
from services.api.console.signed import Db, FormFrom, Page, SignedIn, Trouble
from services.keys import CONTENTS, DECIDE

SAMPLE_OF_256: Final = 13
"""How many of 256 resolved cases are in the sample: about one in twenty."""
LOOK_BACK: Final = timedelta(days=60)
KINDS: Final = ("finding", "report", "strike")

router = APIRouter(route_class=Page, include_in_schema=False)


@router.get("/reviews")
async def show(request: Request, signed: SignedIn, db: Db) -> Response:
    """The next case to answer a second time, with everything but the first answer."""
    _may_review(signed)
    since = request.state.now - LOOK_BACK
    case_id = await db.fetchval(SQL["review_next"], SAMPLE_OF_256, signed.who.actor, since, list(KINDS))
    if case_id is None:
        return page(request, "review.html", file=None)
    policies: dict[str, Policy] = dict(request.app.state.policies())
    return page(request, "review.html", file=await casefile.gather(request, signed.who, case_id, policies))


@router.post("/reviews")
async def keep(
    request: Request,
    signed: FormFrom,
    db: Db,
    case_id: Annotated[str, Form(max_length=140)],
    said: Annotated[Literal["violation", "no_violation"], Form()],
) -> Response:
    """Keep the second answer. Only now the first one is told."""
    _may_review(signed)
    now = request.state.now
    of_sample = (SAMPLE_OF_256, signed.who.actor, now - LOOK_BACK, list(KINDS))
    kept = await db.fetchrow(SQL["review_keep"], *of_sample, case_id, said, now)
    if kept is None:
        raise Trouble(
            HTTPStatus.CONFLICT,
            "this case isn't one for you to review, or somebody else has reviewed it meanwhile",
            "go on with the next one",
        )
    return RedirectResponse(f"/reviews?{'agreed' if kept['agrees'] else 'differed'}=1", HTTPStatus.SEE_OTHER)


def _may_review(signed: Session) -> None:
    """Reviewing needs what answering needs. Raises `NotAllowed`."""
    for capability in (DECIDE, CONTENTS):
        if not signed.who.may(capability):
            raise NotAllowed(capability)
