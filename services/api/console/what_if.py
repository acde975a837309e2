"""The what-if page: a candidate policy, pasted or chosen, and what it would have led to. Nothing is written.

A run goes on in the background, portion by portion, and its page shows how far it is. Runs are kept in this
process only, the last few, and seen by whoever started them; a restart forgets them.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from events.policy import GUIDELINE_IDS, Policy
from events.policy_text import PolicyErrors
from services import what_if
from services.answers import NotAllowed
from services.api.console import versions
from services.api.console.rendering import page
from services.api.console.sessions import Session
from services.api.console.signed import FormFrom, Page, SignedIn, Trouble
from services.api.parts import Parts
from services.api.what_if import FAULTS_SHOWN, ONE_AT_A_TIME, TEXT_CHARS_MAX
from services.keys import ACTIVATE

log = logging.getLogger(__name__)

router = APIRouter(route_class=Page, include_in_schema=False)

RUNS_MAX: Final = 8
EXAMPLES: Final = 20
PORTIONS_MAX: Final = 10_000
POSTS_MAX: Final = 100_000
"""So many posts are screened again for the page; the command line takes all that are kept."""


class Run(msgspec.Struct):
    """One candidate on its way. `stage` is what it is doing; `trouble` says why it ended early.

    `ledger` and `posts` are the answers so far, as portions have them; None before the first.
    """

    number: int
    actor: str
    name: str
    version: str
    guideline: str
    stage: str = "waiting"
    ledger: Any = None
    posts: Any = None
    left_out: int = 0
    cut: bool = False
    trouble: str = ""

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self.stage == "over"


class Runs:
    """The last few runs of this process."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._runs: OrderedDict[int, Run] = OrderedDict()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def start(self, actor: str, candidate: Policy, guideline: str, parts: Parts) -> Run:
        """Begin a run; the same person's earlier one is given up."""
        for number, run in self._runs.items():
            if run.actor == actor and not run.over:
                self._tasks[number].cancel()
        run = Run(next(self._numbers), actor, candidate.name, candidate.version, guideline)
        self._runs[run.number] = run
        while len(self._runs) > RUNS_MAX:
            gone, _ = self._runs.popitem(last=False)
            self._tasks.pop(gone).cancel()
        self._tasks[run.number] = asyncio.create_task(_guarded(run, _work(run, candidate, parts)))
        return run

    def find(self, number: int, actor: str) -> Run | None:
        """A run that this person started; None where there is none any more."""
        run = self._runs.get(number)
        return run if run is not None and run.actor == actor else None


async def manager(signed: SignedIn) -> Session:
    """Somebody who may manage the policy. Raises `NotAllowed`."""
    if not signed.who.may(ACTIVATE):
        raise NotAllowed(ACTIVATE)
    return signed


Manager = Annotated[Session, Depends(manager)]


@router.get("/policies/what-if")
async def ask(request: Request, _: Manager) -> Response:
    """The form."""
    return page(request, "what_if.html", run=None, text="", faults=(), **_shared(request))


@router.post("/policies/what-if")
async def begin(
    request: Request,
    signed: Manager,
    _: FormFrom,
    text: Annotated[str, Form(max_length=TEXT_CHARS_MAX)] = "",
    version: Annotated[str, Form(max_length=64)] = "",
    guideline: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Begin a run with the text, or else with the version that was chosen."""
    parts: Parts = request.app.state.parts
    chosen = parts.policies().get(version)
    if not text.strip() and chosen is None:
        raise Trouble(
            HTTPStatus.UNPROCESSABLE_ENTITY, "there is no candidate", "paste a policy's text, or choose one"
        )
    try:
        candidate = await asyncio.to_thread(what_if.read_candidate, text) if text.strip() else chosen
    except PolicyErrors as errors:
        faults = [str(fault) for fault in errors.errors][:FAULTS_SHOWN]
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return page(request, "what_if.html", status, run=None, text=text, faults=faults, **_shared(request))
    assert candidate is not None
    run = _runs(request).start(
        signed.who.actor, candidate, guideline if guideline in GUIDELINE_IDS else "", parts
    )
    return RedirectResponse(f"/policies/what-if/{run.number}", HTTPStatus.SEE_OTHER)


@router.get("/policies/what-if/{number}")
async def show(request: Request, signed: Manager, number: Annotated[int, Path(ge=1)]) -> Response:
    """How far a run is, and what it has come to."""
    run = _runs(request).find(number, signed.who.actor)
    if run is None:
        raise Trouble(
            HTTPStatus.NOT_FOUND, "this run isn't kept any more", "begin another from the page Policies"
        )
    if request.headers.get("HX-Request"):
        return page(request, "_what_if.html", run=run)
    return page(request, "what_if.html", run=run, text="", faults=(), **_shared(request))


def _shared(request: Request) -> dict[str, Any]:
    parts: Parts = request.app.state.parts
    return {"known": versions.known(parts.activations(), parts.policies()), "guidelines": GUIDELINE_IDS}


def _runs(request: Request) -> Runs:
    state = request.app.state
    if not hasattr(state, "what_ifs"):
        state.what_ifs = Runs()
    found: Runs = state.what_ifs
    return found


# --- a run ---------------------------------------------------------------------------------------------


async def _guarded(run: Run, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, and say on the run how it ended."""
    try:
        await work
    except asyncio.CancelledError:
        run.trouble = "given up for another"
        raise
    except Exception as error:
        log.exception("a what-if ended early")
        run.trouble = f"it ended early: {type(error).__name__}; the operator finds the reason in the log"
    finally:
        run.stage = "over"


async def _work(run: Run, candidate: Policy, parts: Parts) -> None:
    guideline = run.guideline or None
    after: str | None = None
    run.stage = "deciding the ledger again"
    for _ in range(PORTIONS_MAX):
        async with ONE_AT_A_TIME:
            room = EXAMPLES - len(run.ledger.examples) if run.ledger is not None else EXAMPLES
            portion = await what_if.over_ledger(
                parts.database, candidate, parts.policies(), guideline=guideline, after=after, examples=room
            )
        assert portion.ledger is not None
        run.left_out += portion.left_out
        if run.ledger is None:
            run.ledger = portion.ledger
        else:
            run.ledger.add(portion.ledger)
        after = portion.next
        if after is None:
            break
    version = parts.in_force()
    if parts.kept is None or version is None:
        return
    run.stage = "screening the kept posts again"
    for _ in range(PORTIONS_MAX):
        async with ONE_AT_A_TIME:
            room = EXAMPLES - len(run.posts.examples) if run.posts is not None else EXAMPLES
            in_force = parts.policies()[version]
            portion = await what_if.over_posts(
                parts.kept, candidate, in_force, guideline=guideline, after=after, examples=room
            )
        assert portion.posts is not None
        if run.posts is None:
            run.posts = portion.posts
        else:
            run.posts.add(portion.posts)
        after = portion.next
        if after is None or run.posts.posts >= POSTS_MAX:
            run.cut = after is not None
            return
