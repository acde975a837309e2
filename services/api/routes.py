"""The paths that answer what is known. Every answer carries the ledger positions that it reflects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime

from services import answers
from services.api import access
from services.api.auth import capable
from services.api.problems import responses
from services.keys import READ, Operator
from services.runtime.reading import PAGE_ROWS, Database

PAGE_ROWS_MAX: Final = 500
EXAMPLES: Final[Mapping[str, Any]] = json.loads(
    files("services.api").joinpath("examples.json").read_text("utf-8")
)
"""One answer of each path, as a deployment gave it; a test holds them against the answers' shapes."""

router = APIRouter(
    prefix="/v1",
    responses=responses(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)

Who = Annotated[Operator, Depends(capable(READ))]
AccountId = Annotated[
    str, Path(description="The account's id on the platform.", examples=["u-1001"], max_length=140)
]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX, description="How many at most.")]
After = Annotated[
    str | None, Query(description="Where to go on: `next` of the page before, as it is.", max_length=300)
]
OfAccount = Annotated[
    str | None, Query(description="Only this account's.", examples=["u-1001"], max_length=140)
]
OfGuideline = Annotated[
    str | None, Query(description="Only under this guideline.", examples=["no-spam"], max_length=64)
]
ByActor = Annotated[
    str | None, Query(description="Only those that this person decided.", examples=["ada"], max_length=128)
]
Automated = Annotated[bool | None, Query(description="Only those that no person decided, or only others.")]
Appealed = Annotated[bool | None, Query(description="Only those that were appealed, or only others.")]
Since = Annotated[
    AwareDatetime | None, Query(description="From this moment on.", examples=["2026-03-01T00:00:00Z"])
]
Until = Annotated[
    AwareDatetime | None, Query(description="Before this moment.", examples=["2026-04-01T00:00:00Z"])
]
Id = Annotated[str, Path(description="Its id.", max_length=140)]


def part(
    since: Since = None, until: Until = None, after: After = None, limit: Limit = PAGE_ROWS
) -> Mapping[str, Any]:
    """Which part of a list is asked for, in the words of `answers`."""
    return {"since": since, "until": until, "after": after, "limit": limit}


Part = Annotated[Mapping[str, Any], Depends(part)]


def shown(name: str, *problems: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI description: an example of the answer, and the problems beside it."""
    example = {"content": {"application/json": {"example": EXAMPLES[name]}}}
    return {200: example, **responses(*problems)}


def database(request: Request) -> Database:
    """The pool of this process."""
    found: Database = request.app.state.database
    return found


Db = Annotated[Database, Depends(database)]


@router.get(
    "/accounts/{account}/standing",
    response_model=answers.StandingData,
    responses=shown("standing", HTTPStatus.NOT_FOUND),
    tags=["accounts"],
)
async def standing(
    account: AccountId,
    who: Who,
    db: Db,
    as_of: Annotated[
        AwareDatetime | None,
        Query(
            description="Answers both as recorded by this moment and as in effect at it, and says which.",
            examples=["2026-03-01T12:00:00Z"],
        ),
    ] = None,
) -> Any:
    """What an account's standing is: points, strikes, warnings and sanctions."""
    return await answers.standing(db, who, account, as_of)


@router.get(
    "/accounts/{account}/audit",
    response_model=answers.Audit,
    responses=shown("audit", HTTPStatus.NOT_FOUND),
    tags=["accounts"],
)
async def audit(
    request: Request, account: AccountId, who: Who, db: Db, after: After = None, limit: Limit = PAGE_ROWS
) -> Any:
    """Every ledger entry of an account, the latest first: who and what caused it, and what came of it."""
    answer = await answers.audit(db, who, account, after, limit)
    await access.seen_entries(request, who, answer.data)
    return answer


@router.get("/strikes", response_model=answers.Strikes, responses=shown("strikes"), tags=["strikes"])
async def strikes(
    who: Who,
    db: Db,
    part: Part,
    account: OfAccount = None,
    guideline: OfGuideline = None,
    status: Annotated[
        Literal["active", "expired", "overturned", "waived", "withdrawn"] | None, Query()
    ] = None,
    counts_as: Annotated[Literal["strike", "warning"] | None, Query()] = None,
    severity: Annotated[int | None, Query(ge=1, le=4, description="Only of this severity.")] = None,
    points_min: Annotated[int | None, Query(ge=0, le=1_000, description="Only with so many points.")] = None,
    actor: ByActor = None,
    automated: Automated = None,
    appealed: Appealed = None,
) -> Any:
    """Strikes and warnings, the latest first."""
    return await answers.strikes(
        db,
        who,
        account=account,
        guideline=guideline,
        status=status,
        counts_as=counts_as,
        severity=severity,
        points_min=points_min,
        actor=actor,
        automated=automated,
        appealed=appealed,
        **part,
    )


@router.get(
    "/strikes/{strike}",
    response_model=answers.StrikeData,
    responses=responses(HTTPStatus.NOT_FOUND),
    tags=["strikes"],
)
async def strike(strike: Id, who: Who, db: Db) -> Any:
    """A strike, or the warning that it counts as."""
    return await answers.strike(db, who, strike)


@router.get("/sanctions", response_model=answers.Sanctions, responses=shown("sanctions"), tags=["sanctions"])
async def sanctions(
    who: Who,
    db: Db,
    part: Part,
    account: OfAccount = None,
    kind: Annotated[str | None, Query(description="Only of this kind.", examples=["suspension"])] = None,
    status: Annotated[str | None, Query(description="Only in this state.", examples=["in_force"])] = None,
    origin: Annotated[str | None, Query(description="Only from this origin.", examples=["ladder"])] = None,
    guideline: OfGuideline = None,
    actor: ByActor = None,
    automated: Automated = None,
    appealed: Appealed = None,
) -> Any:
    """Sanctions, the latest first."""
    return await answers.sanctions(
        db,
        who,
        account=account,
        kind=kind,
        status=status,
        origin=origin,
        guideline=guideline,
        actor=actor,
        automated=automated,
        appealed=appealed,
        **part,
    )


@router.get(
    "/sanctions/{sanction}",
    response_model=answers.SanctionData,
    responses=responses(HTTPStatus.NOT_FOUND),
    tags=["sanctions"],
)
async def sanction(sanction: Id, who: Who, db: Db) -> Any:
    """A sanction."""
    return await answers.sanction(db, who, sanction)


@router.get("/cases", response_model=answers.Cases, responses=shown("cases"), tags=["cases"])
async def cases(
    request: Request,
    who: Who,
    db: Db,
    part: Part,
    account: OfAccount = None,
    status: Annotated[Literal["open", "closed"] | None, Query()] = None,
    kind: Annotated[str | None, Query(description="Only of this kind.", examples=["report"])] = None,
    urgent: Annotated[bool | None, Query(description="Only urgent ones, or only others.")] = None,
    guideline: OfGuideline = None,
    severity_min: Annotated[
        int | None, Query(ge=1, le=4, description="Only those in which something so severe was found.")
    ] = None,
    actor: ByActor = None,
) -> Any:
    """Cases, the latest first. Restricted and welfare ones need capabilities of their own."""
    answer = await answers.cases(
        db,
        who,
        account=account,
        status=status,
        kind=kind,
        urgent=urgent,
        guideline=guideline,
        severity_min=severity_min,
        actor=actor,
        **part,
    )
    await access.seen_cases(request, who, map(access.of_case, answer.data))
    return answer


@router.get(
    "/cases/{case_id}",
    response_model=answers.CaseData,
    responses=shown("case", HTTPStatus.NOT_FOUND),
    tags=["cases"],
)
async def case(
    request: Request,
    case_id: Annotated[str, Path(description="The case's id.", max_length=140)],
    who: Who,
    db: Db,
) -> Any:
    """A case with its findings and reports."""
    answer = await answers.case(db, who, case_id)
    await access.seen_cases(request, who, [access.of_case(answer.data.case)])
    if answer.data.reports:
        await access.seen_reporters(request, who, (answer.data.case.account,))
    return answer


@router.get(
    "/explain/{id}",
    response_model=answers.ExplanationData,
    responses=shown("explain", HTTPStatus.NOT_FOUND),
    tags=["strikes", "sanctions"],
)
async def explain(
    request: Request,
    strike_or_sanction: Annotated[
        str, Path(alias="id", description="A strike's or sanction's id.", max_length=140)
    ],
    who: Who,
    db: Db,
) -> Any:
    """Why there is a strike or a sanction: guideline and text, policy, evidence, points, chain of causes."""
    answer = await answers.explain(db, who, strike_or_sanction, request.app.state.policies())
    if any(cause.cause_kind in answers.REPORT_KINDS for cause in answer.data.chain):
        await access.seen_reporters(request, who, (answer.data.account,))
    return answer
