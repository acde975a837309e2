"""The paths that decide: decisions in the log, made by the key's holder, each with a compulsory reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.types import DecoratedCallable
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events.ids import derived_id
from events.ledger import RefusalCode
from services import answers
from services.answers import NotAllowed
from services.api import access, decisions
from services.api.auth import capable, operator
from services.api.bodies import (
    About,
    AccountBody,
    AnswerBody,
    AppealBody,
    Body,
    Bulk,
    CaseBody,
    ImposeBody,
    Item,
    LiftBody,
    OverturnBody,
    SanctionBody,
    StrikeBody,
    body_of,
)
from services.api.decisions import Choice, Made, Preview, Stale, Target
from services.api.parts import Parts
from services.api.problems import (
    MEDIA_TYPE,
    UNDECIDED,
    Problem,
    ProblemDetails,
    details_of,
    note_refusal,
    problem_of,
    responses,
)
from services.api.routes import EXAMPLES
from services.keys import READ, Operator

SOURCE: Final = "/goodstanding/api"
WAIT_S: Final = 10.0
"""How long `?wait` waits where it doesn't say."""
WAIT_S_MAX: Final = 60.0
SHOWN_CHARS: Final = 40

REFUSED_AS: Final[Mapping[RefusalCode, HTTPStatus]] = MappingProxyType(
    {
        "stale": HTTPStatus.CONFLICT,
        "already_done": HTTPStatus.CONFLICT,
        "too_late": HTTPStatus.CONFLICT,
        "unknown_target": HTTPStatus.NOT_FOUND,
        "not_allowed": HTTPStatus.FORBIDDEN,
        "second_person_needed": HTTPStatus.FORBIDDEN,
        "capability_missing": HTTPStatus.FORBIDDEN,
        "involved": HTTPStatus.FORBIDDEN,
        "version_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
        "not_supported": HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""How a decision that enforcement refused is answered."""

router = APIRouter(
    prefix="/v1",
    tags=["decisions"],
    responses=responses(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)


class DecisionData(BaseModel):
    """A decision, and what came of it.

    `status`: `pending` until the projection shows it, then `applied`, `refused`, or `failed` where deciding
    it failed by a fault of ours.
    """

    model_config = ConfigDict(frozen=True)

    decision: str = Field(description="Its id; the event's id in the log.")
    status: decisions.Status
    verb: str
    entity: str = Field(description="Whose history it stands in: `account:…`.")
    sequence: int | None = Field(description="Its place there.")
    recorded_at: datetime | None
    sentences: tuple[str, ...] = Field(description="What came of it, line by line.")
    outcomes: Any = Field(description="The same for programs, as the ledger has it.")
    standing: Any = Field(description="The account's standing with it.")
    withheld: str | None = Field(description="Why outcomes aren't shown.")


class PreviewData(BaseModel):
    """What a decision would lead to; nothing was sent."""

    model_config = ConfigDict(frozen=True)

    dry_run: bool = True
    sentence: str = Field(
        description="Points before and after, what starts and until when, what expires, which reports close."
    )
    refused: str | None = Field(description="Why it would have no effect.")
    outcomes: Any
    before: Any
    after: Any


DecisionAnswer = answers.Answer[DecisionData]
PreviewAnswer = answers.Answer[PreviewData]


class Failure(BaseModel):
    """One of several decisions that wasn't taken. `index` is its place in the request."""

    model_config = ConfigDict(frozen=True)

    index: int
    problem: ProblemDetails


class Success(BaseModel):
    """One of several decisions that was taken. `index` is its place in the request."""

    model_config = ConfigDict(frozen=True)

    index: int
    decision: DecisionData | PreviewData


class BulkAnswer(BaseModel):
    """What became of each of several decisions."""

    model_config = ConfigDict(frozen=True)

    batch: str = Field(description="Names all of them together.")
    succeeded: tuple[Success, ...]
    failed: tuple[Failure, ...]


class How(msgspec.Struct, frozen=True):
    """How a request is to be answered."""

    request: Request
    dry_run: bool
    wait_s: float
    key: str | None


def how(
    request: Request,
    dry_run: Annotated[bool, Query(description="Only tell what would follow; nothing is sent.")] = False,
    wait: Annotated[
        str | None,
        Query(
            description=f"Answer once the projection shows it: `true`, or at most so many seconds (up to "
            f"{WAIT_S_MAX:.0f}). Without it, or when it takes longer, 202 with a `Location` that tells.",
            examples=["true", "5"],
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Names this request: sent again under the same key it decides once, and the first "
            "answer is repeated.",
            min_length=1,
            max_length=128,
            pattern=r"^[!-~]+$",
        ),
    ] = None,
) -> How:
    """How a request is to be answered."""
    return How(request, dry_run, _seconds(wait), idempotency_key)


def parts(request: Request) -> Parts:
    """What this process is made of."""
    found: Parts = request.app.state.parts
    return found


Who = Annotated[Operator, Depends(operator)]
Answering = Annotated[How, Depends(how)]
World = Annotated[Parts, Depends(parts)]
AccountId = Annotated[str, Path(description="The account's id on the platform.", max_length=140)]
Id = Annotated[str, Path(max_length=140)]
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Decided; or, with `dry_run`, what would follow.",
        "content": {
            "application/json": {
                "examples": {
                    "decided": {"value": EXAMPLES["decision"]},
                    "foreseen": {"value": EXAMPLES["preview"]},
                }
            }
        },
    },
    202: {"description": "Sent. `Location` tells what becomes of it.", "model": DecisionAnswer},
    409: {
        "description": "What was seen has changed: `changes` says how.",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/ProblemDetails"},
                "example": EXAMPLES["stale"],
            }
        },
    },
}


def _decision(path: str, *tags: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
    """A path at which something is decided, or foreseen."""
    return router.post(
        path, response_model=DecisionAnswer | PreviewAnswer, responses=ANSWERS, tags=[*tags] or None
    )


@_decision("/cases/{case_id}/decisions")
async def decide_case(case_id: Id, body: CaseBody, who: Who, world: World, as_asked: Answering) -> Response:
    """Answer a case, escalate it, leave a note on it, or refer what it is about."""
    return await _decide(world, who, "case", case_id, body, as_asked)


@_decision("/strikes/{strike}/decisions")
async def decide_strike(
    strike: Id, body: StrikeBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """Confirm, overturn, reduce, waive or reclassify a strike."""
    return await _decide(world, who, "strike", strike, body, as_asked)


@_decision("/strikes/{strike}/overturn")
async def overturn_strike(
    strike: Id, body: OverturnBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """The strike was wrong: as if it had never been, apart from the record of the mistake."""
    return await _decide(world, who, "strike", strike, body, as_asked)


@_decision("/sanctions/{sanction}/decisions")
async def decide_sanction(
    sanction: Id, body: SanctionBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """Overturn, reduce, waive, lift or extend a sanction."""
    return await _decide(world, who, "sanction", sanction, body, as_asked)


@_decision("/sanctions/{sanction}/lift")
async def lift_sanction(
    sanction: Id, body: LiftBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """End a sanction now."""
    return await _decide(world, who, "sanction", sanction, body, as_asked)


@_decision("/accounts/{account}/sanctions")
async def impose_sanction(
    account: AccountId, body: ImposeBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """Impose a sanction by hand; overturned strikes don't take it with them."""
    return await _decide(world, who, "account", account, body, as_asked)


@_decision("/accounts/{account}/decisions")
async def decide_account(
    account: AccountId, body: AccountBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """Decide about an account as a whole: a strike, a sanction, a link, a note, reports, membership."""
    return await _decide(world, who, "account", account, body, as_asked)


@router.post("/appeals", response_model=DecisionAnswer, responses=ANSWERS, tags=["appeals"])
async def file_appeal(body: AppealBody, who: Who, world: World, as_asked: Answering) -> Response:
    """File an appeal on an account's behalf. It can't be foreseen, so there is no dry run."""
    if as_asked.dry_run:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "an appeal decides nothing, so nothing can be foreseen",
            "leave `dry_run` out",
        )
    made = await decisions.file_appeal(
        world,
        who,
        body.account,
        body.model_dump(exclude={"account"}),
        source=SOURCE,
        key=as_asked.key,
        wait_s=as_asked.wait_s,
    )
    return await _answered(world, who, made, as_asked)


@_decision("/appeals/{appeal}/decision", "appeals")
async def answer_appeal(
    appeal: Id, body: AnswerBody, who: Who, world: World, as_asked: Answering
) -> Response:
    """Grant an appeal, wholly or partly, or deny it; the account reads the reason."""
    return await _decide(world, who, "appeal", appeal, body, as_asked)


@router.post("/decisions", response_model=BulkAnswer)
async def decide_several(
    request: Request, body: Bulk, who: Who, world: World, as_asked: Answering
) -> BulkAnswer:
    """Several decisions, each taken or refused on its own: one that fails holds up no other."""
    batch = derived_id(who.actor, as_asked.key or f"{await world.now()}{body!r}", "batch")
    made: list[Made | PreviewData | Problem] = []
    for index, item in enumerate(body.decisions):
        key = None if as_asked.key is None else f"{as_asked.key}/{index}"
        # One after the other: of two about the same thing the first one counts.
        made.append(await _one(request, item, How(request, as_asked.dry_run, 0.0, key), batch))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + as_asked.wait_s
    succeeded: list[Success] = []
    failed: list[Failure] = []
    for index, one in enumerate(made):
        status, content = await _settled(request, who, one, max(0.0, deadline - loop.time()))
        if status < HTTPStatus.BAD_REQUEST:
            succeeded.append(Success.model_validate({"index": index, "decision": content}))
        else:
            failed.append(Failure.model_validate({"index": index, "problem": content}))
    return BulkAnswer(batch=batch, succeeded=tuple(succeeded), failed=tuple(failed))


@router.get("/decisions/{decision}", response_model=DecisionAnswer)
async def decision(decision: Id, who: Annotated[Operator, Depends(capable(READ))], world: World) -> Any:
    """A decision that was sent through this API, and what came of it so far."""
    made = await decisions.made(world.database, decision)
    data = await _shown(world, who, made)
    return DecisionAnswer(data=data, positions=await answers.positions(world.database))


async def _decide(
    world: Parts, who: Operator, about: About, identity: str, body: Body, as_asked: How
) -> Response:
    """Decide, or foresee, and answer."""
    choice = await _choice(world, who, about, identity, body)
    if as_asked.dry_run:
        data = _foreseen(await decisions.preview(world, who, choice))
        shown = PreviewAnswer(data=data, positions=await answers.positions(world.database))
        return JSONResponse(shown.model_dump(mode="json"))
    try:
        made = await decisions.decide(
            world, who, choice, source=SOURCE, key=as_asked.key, wait_s=as_asked.wait_s
        )
    except Stale as stale:
        await _keep_stale(world, stale, as_asked)
        raise
    return await _answered(world, who, made, as_asked)


async def _keep_stale(world: Parts, stale: Stale, as_asked: How) -> None:
    """Keep that a decision was stale as the first answer to it: its key is used up."""
    if as_asked.key is not None and stale.decision is not None:
        problem = problem_of(stale)
        told = details_of(problem, as_asked.request.url.path).model_dump(mode="json", exclude_none=True)
        await decisions.keep_answer(world.database, stale.decision, problem.status, told)


async def _choice(world: Parts, who: Operator, about: About, identity: str, body: Body) -> Choice:
    """What is decided, about what is there."""
    needed = decisions.needs(body.verb)
    if not who.may(needed):
        raise NotAllowed(needed)
    target = await decisions.target_of(world.database, who, about, identity)
    return Choice(body.verb, target.account, body.version, _data(target, body))


def _data(target: Target, body: Body) -> Mapping[str, Any]:
    """The contract's data, with the target that the path names."""
    data = body.data()
    if target.kind == "appeal":
        return {**data, "appeal": target.id}
    if target.kind == "account":
        post = {"target": {"kind": "post", "id": data.pop("post")}} if body.verb == "restore" else {}
        return {**data, **post}
    return {**data, "target": {"kind": target.kind, "id": target.id}}


async def _answered(world: Parts, who: Operator, made: Made, as_asked: How) -> Response:
    """The answer to a decision that was sent: what was answered first, or what is known now."""
    status, content = await _told(world, who, made)
    if status == HTTPStatus.FORBIDDEN:
        await access.refused(as_asked.request, status, who.actor, decisions.needs(made.verb))
    if as_asked.key is not None and made.answer is None:
        await decisions.keep_answer(world.database, made.decision, status, content)
    headers = {"Idempotency-Replayed": "true"} if made.answer is not None else {}
    if status >= HTTPStatus.BAD_REQUEST:
        return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)
    if status == HTTPStatus.ACCEPTED:
        headers["Location"] = f"/v1/decisions/{made.decision}"
    return JSONResponse(content, status, headers=headers)


async def _told(world: Parts, who: Operator, made: Made) -> tuple[int, Any]:
    """Status and body of the answer to a decision."""
    if made.answer is not None:
        return made.answer
    if made.status in {"refused", "failed"}:
        problem = await _refusal(world, who, made)
        return problem.status, details_of(problem, f"/v1/decisions/{made.decision}").model_dump(
            mode="json", exclude_none=True
        )
    data = await _shown(world, who, made)
    shown = DecisionAnswer(data=data, positions=await answers.positions(world.database))
    status = HTTPStatus.ACCEPTED if made.status == "pending" else HTTPStatus.OK
    return status, shown.model_dump(mode="json")


async def _refusal(world: Parts, who: Operator, made: Made) -> Problem:
    """Why a decision that was sent had no effect."""
    refused, entry = made.refused, made.entry
    if refused is None or entry is None:
        return Problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "deciding failed, a fault of ours: " + "; ".join(made.sentences),
            "a case holds it; once the fault is mended, have it decided again there",
            kind="failed",
            more={"decision": made.decision},
        )
    more: dict[str, Any] = {
        "decision": made.decision,
        "code": refused.code,
        "current_version": refused.current_version,
    }
    if refused.code == "stale":
        changes = await decisions.changes_since(world.database, who, entry)
        more["changes"] = [change.model_dump(mode="json") for change in changes]
    return Problem(
        REFUSED_AS[refused.code],
        refused.message,
        refused.remedy,
        kind=refused.code.replace("_", "-"),
        more=more,
    )


async def _shown(world: Parts, who: Operator, made: Made) -> DecisionData:
    """A decision as somebody may see it."""
    fields: dict[str, Any] = dict.fromkeys(("sequence", "recorded_at", "outcomes", "standing", "withheld"))
    if made.row is not None:
        close = await answers.hidden(world.database, who, made.entity)
        entry = answers.shown(who, made.row, close)
        fields |= {"sequence": entry.sequence, "recorded_at": entry.recorded_at, "withheld": entry.withheld}
        if entry.withheld is None:
            fields |= {"outcomes": entry.entry["outcomes"], "standing": entry.entry["standing"]}
    return DecisionData(
        decision=made.decision,
        status=made.status,
        verb=made.verb,
        entity=made.entity,
        sentences=made.sentences if fields["withheld"] is None else (),
        **fields,
    )


def _foreseen(preview: Preview) -> PreviewData:
    return PreviewData(
        sentence=preview.sentence,
        refused=None if preview.refused is None else preview.refused.code,
        outcomes=answers.without_reporters(msgspec.to_builtins(preview.outcomes)),
        before=msgspec.to_builtins(preview.before),
        after=msgspec.to_builtins(preview.after),
    )


async def _one(request: Request, item: Item, as_asked: How, batch: str) -> Made | PreviewData | Problem:
    """One of several decisions: sent, foreseen, or what stands in its way."""
    world, who = parts(request), request.state.operator
    try:
        choice = await _choice(world, who, item.about, item.id, body_of(item.about, item.decision))
        if as_asked.dry_run:
            return _foreseen(await decisions.preview(world, who, choice))
        return await decisions.decide(world, who, choice, source=SOURCE, key=as_asked.key, batch=batch)
    except (ValidationError, *UNDECIDED) as error:
        if isinstance(error, Stale):
            await _keep_stale(world, error, as_asked)
        problem = problem_of(error)
        await note_refusal(request, problem)
        return problem


async def _settled(
    request: Request, who: Operator, one: Made | PreviewData | Problem, wait_s: float
) -> tuple[int, Any]:
    """What is told of one of several decisions, once it is settled or `wait_s` is over."""
    if isinstance(one, Problem):
        return one.status, details_of(one, "/v1/decisions").model_dump(mode="json", exclude_none=True)
    if isinstance(one, PreviewData):
        return HTTPStatus.OK, one.model_dump(mode="json")
    world = parts(request)
    settled = await decisions.awaited(world.database, one, wait_s)
    status, content = await _told(world, who, settled)
    if status == HTTPStatus.FORBIDDEN:
        await access.refused(request, status, who.actor, decisions.needs(settled.verb))
    if one.answer is None:
        await decisions.keep_answer(world.database, one.decision, status, content)
    return status, content if status >= HTTPStatus.BAD_REQUEST else content["data"]


def _seconds(wait: str | None) -> float:
    """How long to wait. Raises `Problem` for what is no time to wait."""
    if wait is None or wait == "false":
        return 0.0
    if wait in {"", "true"}:
        return WAIT_S
    try:
        seconds = float(wait)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= WAIT_S_MAX:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"`wait` is `{wait[:SHOWN_CHARS]}`, which is no time to wait",
            f"send `true`, or seconds from 0 to {WAIT_S_MAX:.0f}",
        )
    return seconds
