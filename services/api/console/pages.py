"""The pages that show: the queue, cases, accounts, strikes, sanctions, policies, and where an id leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from events.policy import GUIDELINE_IDS, Policy
from services import answers
from services.answers import NotAllowed
from services.api import access, decisions
from services.api.console import accounts, actions, casefile, deciding, leases, queue, reads, versions
from services.api.console.choices import NO_REASON_YET
from services.api.console.queries import SQL
from services.api.console.rendering import page
from services.api.console.signed import Db, FormFrom, Page, SignedIn, Trouble
from services.api.parts import Parts
from services.deciding import Choice
from services.keys import CONTENTS, DECIDE
from services.runtime.reading import NotFound

router = APIRouter(route_class=Page, include_in_schema=False)

Id = Annotated[str, Path(max_length=140)]
KINDS: Final = ("finding", "report", "strike", "rule_failed", "failed", "termination", "campaign", "link")


def policies_of(request: Request) -> Mapping[str, Policy]:
    """The policies' texts by version, as far as this process has them."""
    found: Mapping[str, Policy] = request.app.state.policies()
    return found


def parts_of(request: Request) -> Parts:
    """The deployment."""
    found: Parts = request.app.state.parts
    return found


@router.get("/")
async def home(_: SignedIn) -> Response:
    """The queue is where work begins."""
    return RedirectResponse("/queue", HTTPStatus.SEE_OTHER)


@router.get("/queue")
async def show_queue(
    request: Request,
    signed: SignedIn,
    db: Db,
    tab: Annotated[str, Query(max_length=20)] = "unreviewed",
    guideline: Annotated[str, Query(max_length=64)] = "",
    severity: Annotated[str, Query(pattern="^[0-4]?$")] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    account: Annotated[str, Query(max_length=140)] = "",
    urgent: Annotated[str, Query(max_length=3)] = "",
    after: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """One row for each subject: what is urgent first, then the gravest, then the oldest."""
    tabs = queue.tabs_for(signed.who)
    if tab not in tabs:
        raise Trouble(
            HTTPStatus.NOT_FOUND, f"there is no tab `{tab}` for you", "choose one of the queue's tabs"
        )
    asked = queue.Asked(tab, guideline, int(severity or 0), kind, account.strip(), bool(urgent), after)
    shared: dict[str, Any] = {
        "tabs": tabs,
        "asked": asked,
        "counts": await queue.counts(db, signed.who),
        "new_appeals": await queue.new_appeals(db, signed.who),
        "guidelines": GUIDELINE_IDS,
        "kinds": KINDS,
        "saved": await db.fetch(SQL["filters"], signed.who.actor),
        "link": lambda **changes: _address(asked, **changes),
    }
    if tab == "appeals":
        rows, following = await queue.appeals(db, asked)
        return page(request, "appeals.html", rows=rows, next=following, **shared)
    shown = await queue.cases(db, signed.who, asked)
    await access.seen_cases(request, signed.who, (access.of_row(row.case) for row in shown.rows))
    return page(request, "queue.html", rows=shown.rows, next=shown.next, **shared)


@router.post("/queue/filters")
async def keep_filter(
    _request: Request,
    signed: FormFrom,
    db: Db,
    name: Annotated[str, Form(max_length=60)] = "",
    query: Annotated[str, Form(max_length=600)] = "",
    forget: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Keep a filter of the queue under a name, or forget it."""
    if forget:
        await db.fetchval(SQL["filter_forget"], signed.who.actor, name)
    elif name.strip() and query.startswith("/queue?"):
        await db.fetchval(SQL["filter_keep"], signed.who.actor, name.strip(), query)
    return RedirectResponse(query if query.startswith("/queue?") else "/queue", HTTPStatus.SEE_OTHER)


@router.get("/cases/{case_id}")
async def show_case(
    request: Request, signed: SignedIn, db: Db, case_id: Id, chosen: Annotated[str, Query(alias="do")] = ""
) -> Response:
    """A case; opening it takes it for a few minutes, so that nobody else answers it meanwhile."""
    file = await casefile.gather(request, signed.who, case_id, policies_of(request))
    if file.case.case_kind == "appeal":
        return RedirectResponse(f"/appeals/{quote(case_id, safe='')}", HTTPStatus.SEE_OTHER)
    waits = file.case.status == "open"
    lease = await leases.take(db, case_id, signed.who.actor) if waits and signed.who.may(DECIDE) else None
    about = {"target": {"kind": "case", "id": case_id}, "reason": NO_REASON_YET}
    note = Choice("note", file.case.account, file.case.version, about)
    part = await deciding.part_in(request, signed.who, note) if waits else ""
    return page(
        request,
        "case.html",
        file=file,
        lease=lease,
        form=actions.for_case(signed.who, file, policies_of(request), chosen, part),
    )


@router.post("/cases/{case_id}/lease")
async def renew(request: Request, signed: FormFrom, db: Db, case_id: Id) -> Response:
    """Keep a case that is open in a browser, for somebody who may see and decide it."""
    if not signed.who.may(DECIDE):
        raise NotAllowed(DECIDE)
    await decisions.target_of(db, signed.who, "case", case_id)
    lease = await leases.take(db, case_id, signed.who.actor)
    return page(request, "_lease.html", lease=lease, case_id=case_id)


@router.get("/accounts/{account}")
async def show_account(
    request: Request,
    signed: SignedIn,
    account: Id,
    as_of: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[str, Query(max_length=40)] = "",
    chosen: Annotated[str, Query(alias="do")] = "",
) -> Response:
    """Where an account stands, why, and everything that ever happened to it."""
    moment = _moment(as_of)
    file = await accounts.gather(request, signed.who, account, moment, after or None)
    note = Choice("note", account, None, {"reason": NO_REASON_YET})
    part = "" if file.now is None else await deciding.part_in(request, signed.who, note)
    form = actions.for_account(signed.who, file, policies_of(request), chosen, part)
    return page(request, "account.html", file=file, as_of=as_of, form=form)


@router.get("/strikes/{strike}")
async def show_strike(
    request: Request, signed: SignedIn, db: Db, strike: Id, chosen: Annotated[str, Query(alias="do")] = ""
) -> Response:
    """A strike: what it rests on, what it cost, and the whole chain of causes."""
    return await _explained(request, signed, db, strike, "strike", chosen)


@router.get("/sanctions/{sanction}")
async def show_sanction(
    request: Request, signed: SignedIn, db: Db, sanction: Id, chosen: Annotated[str, Query(alias="do")] = ""
) -> Response:
    """A sanction: what it rests on, how long it lasts, and the whole chain of causes."""
    return await _explained(request, signed, db, sanction, "sanction", chosen)


@router.get("/appeals/{appeal}")
async def show_appeal(request: Request, signed: SignedIn, db: Db, appeal: Id) -> Response:
    """An appeal: what the account says, what it is about, and the form to answer it."""
    row = (await answers.appeal(db, signed.who, appeal)).data
    about = await _about(request, signed, row.about)
    answer = {"appeal": appeal, "outcome": "denied", "reason": NO_REASON_YET}
    denial = Choice("decide_appeal", row.account, row.version, answer)
    part = await deciding.part_in(request, signed.who, denial) if row.status == "pending" else ""
    words = await reads.texts(request, signed.who, row.account, (row.text_ref, row.reason_ref))
    return page(
        request,
        "appeal.html",
        appeal=row,
        about=about,
        close="" if about is None else about.withheld,
        said_hidden=not signed.who.may(CONTENTS),
        said_runs=casefile.words_of(words, row.text_ref),
        answer=casefile.words_of(words, row.reason_ref),
        form=actions.for_appeal(signed.who, row, about, part),
    )


@router.get("/policies")
async def show_policies(
    request: Request,
    _: SignedIn,
    left: Annotated[str, Query(max_length=64)] = "",
    right: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The versions of the policy, which is in force since when, and what two of them differ in."""
    known = versions.known(
        parts_of(request).activations(), policies_of(request), parts_of(request).asked_at()
    )
    compared = versions.compare(policies_of(request), known, left, right)
    return page(request, "policies.html", known=known, compared=compared)


@router.get("/go")
async def go(
    request: Request, _: SignedIn, db: Db, q: Annotated[str, Query(max_length=140)] = ""
) -> Response:
    """Where an id leads: an account, a case, a strike, a sanction or an appeal."""
    wanted = q.strip()
    rows = await db.fetch(SQL["go_to"], wanted) if wanted else []
    if len(rows) == 1:
        return RedirectResponse(f"/{rows[0]['kind']}/{quote(rows[0]['id'], safe='')}", HTTPStatus.SEE_OTHER)
    return page(request, "go.html", wanted=wanted, rows=rows)


async def _explained(
    request: Request, signed: SignedIn, db: Db, identity: str, kind: str, chosen: str
) -> Response:
    known = policies_of(request)
    told = await reads.explained(request, signed.who, identity, known)
    if told.kind != kind:
        return RedirectResponse(f"/{told.kind}s/{quote(identity, safe='')}", HTTPStatus.SEE_OTHER)
    row = told.strike or told.sanction
    assert row is not None
    reason_ref = row.reason_ref
    about = {"target": {"kind": kind, "id": identity}, "reason": NO_REASON_YET}
    overturning = Choice("overturn", told.account, row.version, about)
    part = await deciding.part_in(request, signed.who, overturning)
    words = await reads.texts(request, signed.who, told.account, [reason_ref])
    return page(
        request,
        "explained.html",
        told=told,
        reason=casefile.words_of(words, reason_ref),
        appeals=await db.fetch(SQL["appeals_about"], identity),
        policy=known.get(told.policy_version),
        form=actions.for_explained(
            signed.who, told, await db.fetchval(SQL["account_kind"], told.account), known, chosen, part
        ),
    )


async def _about(request: Request, signed: SignedIn, identity: str) -> Any:
    """What an appeal is about, explained; None where it is neither strike nor sanction."""
    try:
        return await reads.explained(request, signed.who, identity, policies_of(request))
    except NotFound:
        return None


def _address(asked: queue.Asked, **changes: Any) -> str:
    """The address of the queue with something changed; a change begins at the first page."""
    fields = {
        "tab": asked.tab,
        "guideline": asked.guideline,
        "severity": asked.severity,
        "kind": asked.kind,
        "account": asked.account,
        "urgent": "yes" if asked.urgent else "",
        **changes,
    }
    return "/queue?" + urlencode({name: value for name, value in fields.items() if value})


def _moment(value: str) -> datetime | None:
    """A moment as a browser's field or a person writes it, in UTC where no zone is named."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Trouble(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"`{value}` is no time", "write it as `2026-03-01T12:00`, in UTC"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
