"""`POST /v1/policies/what-if`: what a candidate policy would have led to, in portions. Writes nothing."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from events.capabilities import NEEDED_IN
from events.policy import Policy
from events.policy_text import PolicyErrors
from services import what_if
from services.answers import unseen
from services.api import access
from services.api.auth import capable
from services.api.parts import Parts
from services.api.problems import Problem, responses
from services.keys import ACTIVATE, Operator

TEXT_CHARS_MAX: Final = 2_000_000
FAULTS_SHOWN: Final = 20
EXAMPLES_MAX: Final = 100
ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""Deciding again takes a processor's whole attention: whoever comes second waits."""

router = APIRouter(
    prefix="/v1",
    tags=["policies"],
    responses=responses(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)


class WhatIfBody(BaseModel):
    """A candidate, and what to hold it against."""

    model_config = ConfigDict(extra="forbid")

    policy: str = Field(max_length=TEXT_CHARS_MAX, description="The candidate's text, in YAML.")
    over: Literal["ledger", "posts"] = Field(
        default="ledger",
        description="`ledger`: every signal is decided again; `posts`: those still kept are screened again.",
    )
    guideline: str | None = Field(default=None, max_length=64, description="Only what stands under this one.")
    after: str | None = Field(
        default=None, max_length=300, description="Where to go on: `next` of the portion before, as it is."
    )
    examples: int = Field(default=20, ge=0, le=EXAMPLES_MAX, description="So many that differ in full.")


class TallyData(BaseModel):
    """Under one guideline: how many there were, how many there would be, and how many differ."""

    was: int
    would_be: int
    new: int
    gone: int
    changed: int


class FactData(BaseModel):
    """A strike or a sanction as it comes out."""

    sort: Literal["strike", "sanction"]
    guideline: str
    what: str
    counts: str
    over: str


class DifferenceData(BaseModel):
    """What would differ: `was` null: it would be new; `would_be` null: it wouldn't be there."""

    entity: str
    sort: Literal["strike", "sanction"]
    id: str
    was: FactData | None
    would_be: FactData | None


class ExampleData(BaseModel):
    """One entity for which something would differ."""

    entity: str
    differences: list[DifferenceData]


class LedgerData(BaseModel):
    """This portion of the ledger, decided again."""

    entries: int = Field(description="Entries decided again.")
    entities: int
    differing: int = Field(description="Entities for which a strike or a sanction would differ.")
    strikes: dict[str, TallyData] = Field(description="By guideline.")
    sanctions: dict[str, TallyData] = Field(description="By guideline.")
    examples: list[ExampleData]
    refused: int = Field(description="Decisions of people that would have had nothing to decide about.")
    failed: int = Field(description="Signals that couldn't be decided again.")


class PostExampleData(BaseModel):
    """One post in which something else would be found."""

    account: str
    post: str
    revision: int
    was: list[str]
    would_be: list[str]
    case_kinds: list[str] = Field(description="Kinds of the cases that hold such findings.")


class PostsData(BaseModel):
    """This portion of the posts still kept, screened by the rules in force and by the candidate's."""

    posts: int
    unreadable: int = Field(description="Records that keep to no contract.")
    since: str | None = Field(description="When the first of them was received.")
    until: str | None = Field(description="When the last of them was received.")
    differing: int = Field(description="Posts in which something else would be found.")
    accounts: int = Field(description="Whose they are.")
    findings: dict[str, TallyData] = Field(description="By guideline.")
    examples: list[PostExampleData]


class WhatIfData(BaseModel):
    """One portion. Add the portions up; `next` null: this was the last."""

    model_config = ConfigDict(frozen=True)

    version: str = Field(description="The candidate's version, were it activated.")
    in_force: str | None = Field(description="The version in force.")
    ledger: LedgerData | None
    posts: PostsData | None
    next: str | None
    left_out: int = Field(description="Entities whose histories are too long to be decided again here.")


@router.post("/policies/what-if", response_model=WhatIfData)
async def what_if_policy(
    request: Request, body: WhatIfBody, who: Annotated[Operator, Depends(capable(ACTIVATE))]
) -> WhatIfData:
    """What a candidate would have led to, over the ledger or the posts still kept; nothing is written.

    Posts for welfare and restricted cases are examples only for those who may see such cases, which is noted.
    """
    told = await answer(request.app.state.parts, who, body)
    for example in () if told.posts is None else told.posts.examples:
        for needed in sorted({NEEDED_IN[kind] for kind in example.case_kinds if kind in NEEDED_IN}):
            await access.seen(request, who.actor, needed, account=example.account)
    return told


async def answer(parts: Parts, who: Operator, body: WhatIfBody) -> WhatIfData:
    """The next portion, as `who` may see it. Raises `Problem`."""
    async with ONE_AT_A_TIME:
        candidate = await asyncio.to_thread(_read, body.policy)
        if body.guideline is not None and candidate.guideline(body.guideline) is None:
            raise _invalid(f"there is no guideline `{body.guideline}`", "name one of the policy's guidelines")
        if body.over == "posts":
            portion = await _over_posts(parts, candidate, body, unseen(who))
        else:
            portion = await _over_ledger(parts, candidate, body)
    told: dict[str, Any] = msgspec.to_builtins(portion)
    return WhatIfData(version=candidate.version, in_force=parts.in_force(), **told)


async def _over_ledger(parts: Parts, candidate: Policy, body: WhatIfBody) -> what_if.Portion:
    return await what_if.over_ledger(
        parts.database,
        candidate,
        parts.policies(),
        guideline=body.guideline,
        after=body.after,
        examples=body.examples,
    )


async def _over_posts(
    parts: Parts, candidate: Policy, body: WhatIfBody, without: tuple[str, ...]
) -> what_if.Portion:
    version = parts.in_force()
    if version is None:
        raise _invalid("no policy is in force to compare with", "activate one, or ask over the ledger")
    if parts.kept is None:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "posts can't be read here", "ask over the ledger")
    try:
        return await what_if.over_posts(
            parts.kept,
            candidate,
            parts.policies()[version],
            guideline=body.guideline,
            after=body.after,
            examples=body.examples,
            without=without,
        )
    except what_if.BadPlace as error:
        raise _invalid(*str(error).split("; ", 1)) from None


def _read(text: str) -> Policy:
    """The candidate. Raises `Problem` with every fault of its text, up to `FAULTS_SHOWN`."""
    try:
        return what_if.read_candidate(text)
    except PolicyErrors as errors:
        faults = [str(fault) for fault in errors.errors]
        shown = "; ".join(faults[:FAULTS_SHOWN])
        more = f"; and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
        raise _invalid(f"the candidate has {len(faults)} faults: {shown}{more}", "correct them") from None


def _invalid(detail: str, remedy: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, remedy)
