"""The paths of what else is kept: reports, appeals, audit trail, policies, refused input, who saw what."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from aiokafka.structs import ConsumerRecord
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from events.dead_letters import DeadLetter
from services import answers
from services.answers import BadPage
from services.api import access
from services.api.access import Access
from services.api.auth import capable
from services.api.parts import Parts
from services.api.problems import Problem, responses
from services.api.routes import After, ByActor, Db, Id, Limit, OfAccount, OfGuideline, Part, Since, Until, Who
from services.keys import CONTENTS, READ_AUDIT, READ_DEAD, RESTRICTED, Operator
from services.refused import when
from services.runtime.reading import PAGE_ROWS

LETTERS_READ_MAX: Final = 20_000
"""How many dead letters are looked through for one page."""
SHOWN_BYTES_MAX: Final = 100_000

router = APIRouter(
    prefix="/v1",
    responses=responses(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
MISSING: Final = responses(HTTPStatus.NOT_FOUND)

Auditor = Annotated[Operator, Depends(capable(READ_AUDIT))]
Trusted = Annotated[Operator, Depends(capable(RESTRICTED))]
Reader = Annotated[Operator, Depends(capable(CONTENTS))]
Postmaster = Annotated[Operator, Depends(capable(READ_DEAD))]


class LetterReason(BaseModel):
    """Why input was refused."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    code: str
    where: str
    expected: str
    found: str
    remedy: str
    others: tuple[str, ...]


class Letter(BaseModel):
    """Input that was refused. `place` names it; `topic` and the rest say where it came from."""

    model_config = ConfigDict(frozen=True)

    place: str = Field(description="Partition and offset in the topic of dead letters.", examples=["0:17"])
    refused_at: datetime
    bytes: int = Field(description="How long the value is.")
    reason: LetterReason | None = Field(description="Null where its headers say none.")
    topic: str | None
    partition: int | None
    offset: int | None
    received_at: datetime | None


class WholeLetter(Letter):
    """Refused input with its bytes, as text. It may hold personal data."""

    key: str | None
    value: str | None


class Letters(BaseModel):
    """A page of refused input, the latest first. `next` goes on: pass it as `after`; null at the end."""

    model_config = ConfigDict(frozen=True)

    data: tuple[Letter, ...]
    next: str | None


class AccessPage(BaseModel):
    """A page of the access log, the latest first. `next` goes on: pass it as `after`; null at the end."""

    model_config = ConfigDict(frozen=True)

    data: tuple[Access, ...]
    next: str | None


class Policies(BaseModel):
    """Every policy version, the one in force first."""

    model_config = ConfigDict(frozen=True)

    data: tuple[answers.PolicySummary, ...]


@router.get("/reports", response_model=answers.Reports, tags=["reports"])
async def reports(
    request: Request,
    who: Who,
    db: Db,
    part: Part,
    account: OfAccount = None,
    reporter: Annotated[
        str | None, Query(description="Only by this account; needs `reports.identity`.", max_length=140)
    ] = None,
    case: Annotated[str | None, Query(description="Only of this case.", max_length=140)] = None,
    guideline: OfGuideline = None,
    outcome: Annotated[str | None, Query(description="Only answered so.", examples=["upheld"])] = None,
    settled: Annotated[bool | None, Query(description="Only answered ones, or only others.")] = None,
) -> Any:
    """Reports that came to a case, the latest first. `account` is the one that they are about."""
    answer = await answers.reports(
        db,
        who,
        account=account,
        reporter=reporter,
        case=case,
        guideline=guideline,
        outcome=outcome,
        settled=settled,
        **part,
    )
    if answer.data:
        await access.seen_reporters(request, who, (row.subject_account for row in answer.data))
    return answer


@router.get("/reports/{report}", response_model=answers.ReportData, responses=MISSING, tags=["reports"])
async def report(request: Request, report: Id, who: Who, db: Db) -> Any:
    """A report, and what became of it."""
    answer = await answers.report(db, who, report)
    await access.seen_reporters(request, who, (answer.data.subject_account,))
    return answer


@router.get("/appeals", response_model=answers.Appeals, tags=["appeals"])
async def appeals(
    who: Who,
    db: Db,
    part: Part,
    account: OfAccount = None,
    about: Annotated[
        str | None, Query(description="Only about this strike or sanction.", max_length=140)
    ] = None,
    status: Annotated[Literal["pending", "granted", "partly_granted", "denied"] | None, Query()] = None,
    actor: ByActor = None,
    guideline: OfGuideline = None,
) -> Any:
    """Appeals, the latest first."""
    return await answers.appeals(
        db,
        who,
        account=account,
        about=about,
        status=status,
        actor=actor,
        guideline=guideline,
        **part,
    )


@router.get("/appeals/{appeal}", response_model=answers.AppealData, responses=MISSING, tags=["appeals"])
async def appeal(appeal: Id, who: Who, db: Db) -> Any:
    """An appeal, and what became of it."""
    return await answers.appeal(db, who, appeal)


@router.get("/referrals", response_model=answers.Referrals, tags=["cases"])
async def referrals(
    request: Request,
    who: Trusted,
    db: Db,
    part: Part,
    account: OfAccount = None,
    status: Annotated[Literal["proposed", "confirmed", "dismissed"] | None, Query()] = None,
    emergency: Annotated[bool | None, Query(description="Only made in an emergency, or only others.")] = None,
    overdue: Annotated[
        bool | None, Query(description="Only those that nobody has looked at in time, or only others.")
    ] = None,
) -> Any:
    """Referrals to law enforcement, the latest first. Looking is noted."""
    answer = await answers.referrals(
        db,
        who,
        account=account,
        status=status,
        emergency=emergency,
        overdue=overdue,
        **part,
    )
    matters = [("referral", row.account, row.case_id) for row in answer.data]
    await access.seen_cases(request, who, matters)
    return answer


@router.get("/audit-entries", response_model=answers.Audit, tags=["audit"])
async def audit_entries(
    request: Request,
    who: Auditor,
    db: Db,
    part: Part,
    account: OfAccount = None,
    actor: ByActor = None,
    cause: Annotated[
        str | None, Query(description="Only by this kind of cause.", examples=["decided"])
    ] = None,
    outcome: Annotated[
        str | None, Query(description="Only with this kind of outcome.", examples=["strike_issued"])
    ] = None,
) -> Any:
    """Ledger entries of an account or by a person, the latest first; one of both must be named."""
    answer = await answers.audit_entries(
        db,
        who,
        account=account,
        actor=actor,
        cause=cause,
        outcome=outcome,
        **part,
    )
    await access.seen_entries(request, who, answer.data)
    return answer


@router.get("/policies", response_model=Policies, tags=["policies"])
async def policies(request: Request, _: Who) -> Any:
    """Every policy version, the one in force first."""
    return Policies(data=tuple(_policies(request)))


@router.get("/policies/{version}", response_model=answers.PolicyWhole, responses=MISSING, tags=["policies"])
async def policy(
    request: Request,
    version: Annotated[str, Path(description="A version, or its first digits.", min_length=4, max_length=64)],
    _: Who,
) -> Any:
    """A policy version with its guidelines, cases, prices, rules and ladder."""
    found = [one for one in _policies(request) if one.version.startswith(version)]
    if len(found) != 1:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"{len(found)} policies begin with `{version}`, expected one",
            "`/v1/policies` lists them",
        )
    return found[0]


@router.get("/contents/{ref}", response_model=answers.ContentData, responses=MISSING, tags=["contents"])
async def content(request: Request, ref: Id, who: Reader, db: Db) -> Any:
    """What somebody wrote: a post as it was, or a reason, note or appeal. Looking is noted."""
    answer = await answers.content(db, who, ref)
    await access.seen(request, who.actor, CONTENTS, account=answer.data.account)
    return answer


@router.get("/dead-letters", response_model=Letters, tags=["dead letters"])
async def dead_letters(
    request: Request,
    _: Postmaster,
    topic: Annotated[str | None, Query(description="Only input of this topic.", examples=["posts"])] = None,
    code: Annotated[str | None, Query(description="Only refused for this reason.")] = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = PAGE_ROWS,
) -> Any:
    """Input that was refused, the latest first, without what it holds."""
    found = await _letters(request, since)
    chosen = [
        letter
        for letter in sorted(found, key=_order, reverse=True)
        if (topic is None or letter.topic == topic)
        and (code is None or (letter.reason is not None and letter.reason.code == code))
        and (until is None or letter.refused_at < until)
    ]
    if after is not None:
        places = [letter.place for letter in chosen]
        if after not in places:
            raise BadPage(f"`{after}` is no place to go on from: pass `next` of the previous page as it is")
        chosen = chosen[places.index(after) + 1 :]
    return Letters(data=tuple(chosen[:limit]), next=chosen[limit - 1].place if len(chosen) > limit else None)


@router.get("/dead-letters/{place}", response_model=WholeLetter, responses=MISSING, tags=["dead letters"])
async def dead_letter(
    request: Request,
    place: Annotated[str, Path(description="As the list has it.", pattern=r"^\d{1,9}:\d{1,18}$")],
    who: Postmaster,
) -> Any:
    """One refused record with its bytes. Looking is noted."""
    parts: Parts = request.app.state.parts
    partition, _, offset = place.partition(":")
    found = await parts.refused.find(int(partition), int(offset))
    if found is None:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"there is no dead letter `{place}`",
            "`/v1/dead-letters` lists those that are kept; they are deleted after 30 days",
        )
    await access.seen(request, who.actor, READ_DEAD)
    _, record = found
    return WholeLetter(**dict(_letter(*found)), key=_text(record.key), value=_text(record.value))


@router.get("/access-log", response_model=AccessPage, tags=["audit"])
async def access_log(
    _: Auditor,
    db: Db,
    actor: ByActor = None,
    account: OfAccount = None,
    case: Annotated[str | None, Query(description="Only of this case.", max_length=140)] = None,
    result: Annotated[Literal["seen", "refused"] | None, Query()] = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = PAGE_ROWS,
) -> Any:
    """Who saw personal data and who was refused, the latest first; never what they saw."""
    if after is not None and not after.isdecimal():
        raise BadPage(f"`{after}` is no place to go on from: pass `next` of the previous page as it is")
    page = await access.listed(
        db,
        actor=actor,
        account=account,
        case_id=case,
        result=result,
        since=since,
        until=until,
        after=None if after is None else int(after),
        limit=limit,
    )
    return AccessPage(data=page.rows, next=page.next)


def _policies(request: Request) -> list[answers.PolicyWhole]:
    parts: Parts = request.app.state.parts
    return answers.policies(parts.policies(), parts.activations())


async def _letters(request: Request, since: datetime | None) -> list[Letter]:
    """Dead letters from a moment on, up to a bound, without what they hold. Raises `Problem` for more."""
    parts: Parts = request.app.state.parts
    found: list[Letter] = []
    async for known, record in parts.refused.read(since):
        found.append(_letter(known, record))
        if len(found) > LETTERS_READ_MAX:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"more than {LETTERS_READ_MAX} dead letters are kept from then on",
                "ask for fewer with `since`, or use `goodstanding dead-letters ls`",
            )
    return found


def _letter(known: DeadLetter | None, record: ConsumerRecord) -> Letter:
    return Letter(
        place=f"{record.partition}:{record.offset}",
        refused_at=when(record.timestamp),
        bytes=len(record.value or b""),
        reason=None if known is None else LetterReason.model_validate(known.reason),
        topic=known.topic if known else None,
        partition=known.partition if known else None,
        offset=known.offset if known else None,
        received_at=when(known.timestamp) if known else None,
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value[:SHOWN_BYTES_MAX].decode("utf-8", "replace")


def _order(letter: Letter) -> tuple[datetime, int, int]:
    partition, _, offset = letter.place.partition(":")
    return letter.refused_at, int(partition), int(offset)
