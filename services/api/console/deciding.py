"""Deciding from a page: what would follow is shown first, and what came of it afterwards.

Every decision goes the way of the API's: an event in the log, its actor taken from the key, naming the
version that the person saw. A form that is sent twice counts once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from events.ledger import Refused
from services.api import access, decisions
from services.api.console import choices, leases, queue
from services.api.console.choices import BadForm, Filled
from services.api.console.rendering import page
from services.api.console.sessions import Session
from services.api.console.signed import FormFrom, Page, Trouble, database
from services.api.decisions import (
    BadDecision,
    CannotForesee,
    KeyReused,
    Made,
    NotAllowed,
    NotSent,
    Preview,
    Stale,
)
from services.api.parts import Parts
from services.api.writes import REFUSED_AS
from services.deciding import Choice
from services.keys import Operator

SOURCE: Final = "/goodstanding/console"
WAIT_S: Final = 8.0
"""How long a page waits for the outcome of a decision before it says that there is none yet."""
PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "case": "cases",
        "account": "accounts",
        "strike": "strikes",
        "sanction": "sanctions",
        "appeal": "appeals",
    }
)
STAYS_OPEN: Final = frozenset({"note", "escalate", "sanction"})
"""Decisions after which a case still waits for its answer."""

router = APIRouter(route_class=Page, include_in_schema=False)


@router.post("/decisions/preview")
async def preview(request: Request, signed: FormFrom) -> Response:
    """What would follow, before anything does; what is missing still is said in the same place."""
    told: dict[str, Any] = {"foreseen": (), "stale": None, "missing": ""}
    try:
        form = await _filled(request)
        told["foreseen"] = [one async for one in _foreseen(request, signed.who, form)]
    except Stale as error:
        told["stale"] = error
    except Trouble as error:
        told["missing"] = error.detail
    except (BadForm, BadDecision, CannotForesee) as error:
        told["missing"] = str(error)
    if request.headers.get("HX-Request"):
        return page(request, "_foreseen.html", **told)
    given = (await request.form()).multi_items()
    return page(request, "preview.html", given=[pair for pair in given if isinstance(pair[1], str)], **told)


@router.post("/decisions")
async def decide(request: Request, signed: FormFrom) -> Response:
    """Decide, wait until that can be seen, and go on; a refusal says what has changed meanwhile."""
    form = await _filled(request)
    try:
        made = [one async for one in _made(request, signed.who, form)]
    except Stale as error:
        return _refused(request, form, (), str(error), "look at what changed, and decide again", error)
    except (BadForm, BadDecision) as error:
        raise Trouble(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), "go back, and fill the form in") from None
    except KeyReused:
        raise Trouble(
            HTTPStatus.CONFLICT,
            "this form was sent before, with something else in it",
            "open the page again, and decide there",
        ) from None
    except NotSent as error:
        raise Trouble(
            HTTPStatus.SERVICE_UNAVAILABLE, str(error), "send the same form again: it counts once"
        ) from None
    return await _answer(request, signed, form, made)


async def part_in(request: Request, who: Operator, choice: Choice) -> str:
    """What part somebody has in a matter themselves, as enforcement sees it; empty where none is known.

    Asked of enforcement's own rules, since neither reporters nor targets are shown to everybody.
    """
    if not who.account:
        return ""
    parts: Parts = request.app.state.parts
    try:
        refused = (await decisions.preview(parts, who, choice)).refused
    except (NotAllowed, BadDecision, CannotForesee, Stale):
        return ""
    return refused.message if refused is not None and refused.code == "involved" else ""


async def _filled(request: Request) -> Filled:
    """The form that was sent. Raises `Trouble` for one that no page makes, or in which nothing is chosen."""
    given = await _given(request)
    try:
        kind, account = given["kind"], given["account"]
        version, standing, once = int(given["version"]), int(given["standing_version"]), given["once"]
    except (KeyError, ValueError):
        raise Trouble(
            HTTPStatus.UNPROCESSABLE_ENTITY, "this form isn't whole", "open the page again, and send it anew"
        ) from None
    try:
        action = choices.action_of(kind, given.get("do", ""))
    except BadForm as error:
        raise Trouble(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), "go back, and choose") from None
    own = {name.removeprefix(f"{action.name}."): value for name, value in given.items()}
    return Filled(kind, given.get("target", ""), account, version, standing, action, own, once)


async def _given(request: Request) -> dict[str, str]:
    """The fields by name; what was chosen several times under one name has spaces between."""
    found: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found[name] = f"{found[name]} {value}" if name in found else value
    return found


async def _foreseen(request: Request, who: Operator, form: Filled) -> AsyncIterator[tuple[str, Preview]]:
    parts: Parts = request.app.state.parts
    for choice in await _choices(request, who, form, draft=True):
        yield choice.verb, await decisions.preview(parts, who, choice)


async def _made(request: Request, who: Operator, form: Filled) -> AsyncIterator[Made]:
    """Decide one after the other; after one that had no effect, or that isn't shown yet, no more."""
    parts: Parts = request.app.state.parts
    for number, choice in enumerate(await _choices(request, who, form)):
        key = f"console {form.once} {number}"
        made = await decisions.decide(parts, who, choice, source=SOURCE, key=key, wait_s=WAIT_S)
        yield made
        if made.status != "applied":
            return


async def _choices(request: Request, who: Operator, form: Filled, *, draft: bool = False) -> list[Choice]:
    """The decisions of a form, about something that the person may see."""
    parts: Parts = request.app.state.parts
    if form.kind != "account":
        target = await decisions.target_of(parts.database, who, form.kind, form.target)
        if target.account != form.account:
            raise Trouble(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "this form isn't whole",
                "open the page again, and send it anew",
            )
    return choices.choices(form, await parts.now(), draft=draft)


async def _answer(request: Request, signed: Session, form: Filled, made: Sequence[Made]) -> Response:
    last = made[-1]
    back = _back(form)
    if last.status == "pending":
        return page(
            request,
            "pending.html",
            HTTPStatus.ACCEPTED,
            back=back,
            decision=last.decision,
            account=form.account,
        )
    refused: Refused | None = last.refused
    if refused is not None:
        if REFUSED_AS[refused.code] is HTTPStatus.FORBIDDEN:
            needed = decisions.needs(last.verb)
            await access.refused(request, HTTPStatus.FORBIDDEN, signed.who.actor, needed)
        done = [line for one in made[:-1] for line in one.sentences]
        return _refused(request, form, done, refused.message, refused.remedy, None)
    if form.kind == "case" and not (STAYS_OPEN & {form.action.verb} and not form.action.steps):
        await leases.release(database(request), form.target, signed.who.actor)
    if form.kind == "case" and form.field("then") == "next":
        following = await queue.next_waiting(database(request), signed.who, form.target)
        back = "/queue" if following is None else f"/cases/{quote(following, safe='')}"
    told = urlencode({"done": last.decision, "of": form.account})
    return RedirectResponse(f"{back}?{told}", HTTPStatus.SEE_OTHER)


def _refused(
    request: Request, form: Filled, done: Sequence[str], message: str, remedy: str, stale: Stale | None
) -> Response:
    return page(
        request,
        "refused.html",
        HTTPStatus.CONFLICT,
        back=_back(form),
        form=form,
        message=message,
        remedy=remedy,
        done=done,
        stale=stale,
    )


def _back(form: Filled) -> str:
    return f"/{PATHS[form.kind]}/{quote(form.target or form.account, safe='')}"
