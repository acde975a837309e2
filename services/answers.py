"""What the command line and the API answer: the same shapes, from the same questions, for the same keys.

Each answer says how far the projection had come that it was read from. Who reported whom is shown only to
keys that may see it: to all others, names of reporters are left out, and entries about an account's own
reports are withheld, since their ids would tell. So are all entries about a restricted case; of a strike or
sanction that was made in such an entry everything is shown but evidence, reasons and what led to it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from events.capabilities import NEEDED_IN
from events.contents import Content
from events.ids import post_act
from events.policy import Policy
from services.keys import REPORTERS, RESTRICTED, Operator
from services.runtime import reading
from services.runtime.reading import (
    AuditEntry,
    Case,
    Cause,
    Database,
    Explanation,
    Page,
    Report,
    StandingAnswer,
)

T = TypeVar("T")
Veilable = TypeVar("Veilable", reading.Strike, reading.Sanction, reading.Appeal)

REPORT_KINDS: Final = frozenset({"report_filed", "report_weighed", "report_withdrawn", "report_answered"})
"""Kinds of signals that name a reporter."""
REPORTED_KINDS: Final = frozenset({"reason", "report_copy"})
"""Kinds of contents that may be a reporter's."""
REFERRAL_WORDS: Final = (b'"propose_referral"', b'"confirm_referral"')
"""What is in every entry about a referral, also where it was refused and there is no case."""
WITHHELD: Final = "withheld"
VEILED: Final = ("evidence", "reason_ref", "text_ref")
"""What isn't shown of a strike, sanction or appeal that is close to a case that somebody may not see."""


class NotAllowed(Exception):
    """The key lacks the capability that the answer needs."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class BadPage(ValueError):
    """A page was asked for that can't be; the message says why."""


class Positions(BaseModel):
    """The ledger positions that an answer reflects."""

    model_config = ConfigDict(frozen=True)

    build: int | None = Field(description="The build of the projection that was read.")
    version: int | None = Field(description="Its version.")
    next: dict[int, int] = Field(description="Per ledger partition, the next offset that it will apply.")


class Answer(BaseModel, Generic[T]):
    """One thing."""

    model_config = ConfigDict(frozen=True)

    data: T
    positions: Positions


class Listing(BaseModel, Generic[T]):
    """A page of things. `next` goes on: pass it as `after`; null at the end."""

    model_config = ConfigDict(frozen=True)

    data: tuple[T, ...]
    next: str | None
    positions: Positions


class ShownReport(BaseModel):
    """A report. `reporter` is null for keys that may not see it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    report: str
    reporter: str | None
    subject_account: str
    case_id: str | None
    by_email: bool
    reason: str | None
    weight: int
    result: str | None
    post: str | None
    revision: int | None
    content_ref: str | None
    reason_ref: str | None
    filed_at: datetime
    withdrawn_at: datetime | None
    outcome: str | None
    settled_at: datetime | None


class CaseFile(BaseModel):
    """A case with its reports."""

    model_config = ConfigDict(frozen=True)

    case: Case
    reports: tuple[ShownReport, ...]


class ShownEntry(BaseModel):
    """A ledger entry.

    `withheld` says why most of it isn't shown; `entry` is the entry itself, with reporters' names left out.

    `sha256` is always that of the entry's real bytes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    entity: str
    sequence: int
    partition: int
    ledger_offset: int
    recorded_at: datetime
    effective_from: datetime
    effective_at: datetime
    sha256: str
    policy_version: str
    decider_version: str
    active_points: int
    cause_kind: str
    cause_id: str | None = None
    causation_id: str | None = None
    correlation_id: str | None = None
    origin_topic: str | None = None
    origin_partition: int | None = None
    origin_offset: int | None = None
    origin_event: str | None = None
    origin_type: str | None = None
    actor_kind: str | None = None
    actor_id: str | None = None
    outcomes: tuple[str, ...] = ()
    entry: Any = None
    withheld: str | None = None


class ShownCause(BaseModel):
    """One step of a chain of causes, the nearest first.

    What would name a reporter is null.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    entity: str | None
    sequence: int | None
    partition: int | None
    ledger_offset: int | None
    recorded_at: datetime
    cause_id: str
    cause_kind: str
    actor_kind: str
    actor_id: str | None
    policy_version: str


class GuidelineText(BaseModel):
    """A guideline as it was published, in the policy version that was applied."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    text: str
    case: str | None
    case_title: str | None


class ShownExplanation(BaseModel):
    """Why there is a strike or a sanction.

    The guideline and its text, the evidence, what it cost, and the chain of causes. `withheld` says why
    evidence and chain aren't shown.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    id: str
    account: str
    guideline: str
    guideline_text: GuidelineText | None
    policy_version: str
    evidence: Any
    points_before: int
    points_after: int
    decided_by: str
    decided_at: datetime
    strike: reading.Strike | None
    sanction: reading.Sanction | None
    strikes: tuple[reading.Strike, ...]
    chain: tuple[ShownCause, ...]
    origin: reading.Origin | None
    withheld: str | None = None


class PolicySummary(BaseModel):
    """A policy version. `sequences` are those at which it was activated, the latest last."""

    model_config = ConfigDict(frozen=True)

    version: str
    name: str
    in_force: bool
    sequences: tuple[int, ...]


class PolicyWhole(PolicySummary):
    """A policy version with its whole content."""

    policy: Policy


class ContentShown(BaseModel):
    """What somebody wrote: a snapshot of a post, or a free text such as a reason or an appeal.

    `account` is whose it is; null where that may be a reporter's, for keys that may not see who reported.
    """

    model_config = ConfigDict(frozen=True)

    ref: str
    account: str | None
    kind: str
    post: str | None
    revision: int | None
    text: str
    received_at: datetime


StandingData = Answer[StandingAnswer]
StrikeData = Answer[reading.Strike]
SanctionData = Answer[reading.Sanction]
AppealData = Answer[reading.Appeal]
Appeals = Listing[reading.Appeal]
Referrals = Listing[reading.Referral]
ReportData = Answer[ShownReport]
Reports = Listing[ShownReport]
ContentData = Answer[ContentShown]
Strikes = Listing[reading.Strike]
Sanctions = Listing[reading.Sanction]
Cases = Listing[Case]
CaseData = Answer[CaseFile]
Audit = Listing[ShownEntry]
ExplanationData = Answer[ShownExplanation]


async def positions(db: Database) -> Positions:
    """How far the live projection has come."""
    found = await reading.positions(db)
    return Positions(
        build=found[0].build if found else None,
        version=found[0].version if found else None,
        next={position.partition: position.next for position in found},
    )


async def standing(db: Database, who: Operator, account: str, as_of: datetime | None = None) -> StandingData:
    """An account's standing, now or as of a moment (aware). Raises `reading.NotFound`."""
    at = await positions(db)
    found = await reading.standing(db, account, as_of)
    seen = {
        name: await _veiled_standing(db, who, one)
        for name, one in (
            ("now", found.now),
            ("as_recorded", found.as_recorded),
            ("in_effect", found.in_effect),
        )
        if one is not None
    }
    return StandingData(data=found.model_copy(update=seen), positions=at)


async def _veiled_standing(db: Database, who: Operator, found: reading.Standing) -> reading.Standing:
    close = await _close(db, who, (*found.strikes, *found.warnings_given, *found.sanctions))
    return found.model_copy(
        update={
            "strikes": _as_seen(found.strikes, close),
            "warnings_given": _as_seen(found.warnings_given, close),
            "sanctions": _as_seen(found.sanctions, close),
        }
    )


async def strikes(db: Database, who: Operator, **chosen: Any) -> Strikes:
    """Strikes and warnings, the latest first; arguments as for `reading.strikes`.

    Raises `BadPage`.
    """
    at = await positions(db)
    page = await _page(reading.strikes(db, **chosen))
    return Strikes(data=await veiled(db, who, page.rows), next=page.next, positions=at)


async def sanctions(db: Database, who: Operator, **chosen: Any) -> Sanctions:
    """Sanctions, the latest first; arguments as for `reading.sanctions`.

    Raises `BadPage`.
    """
    at = await positions(db)
    page = await _page(reading.sanctions(db, **chosen))
    return Sanctions(data=await veiled(db, who, page.rows), next=page.next, positions=at)


async def cases(db: Database, who: Operator, **chosen: Any) -> Cases:
    """Cases, the latest first, without those that the key may not see; arguments as for `reading.cases`.

    Raises `BadPage`.
    """
    at = await positions(db)
    page = await _page(reading.cases(db, **chosen, without=unseen(who)))
    return Cases(data=page.rows, next=page.next, positions=at)


async def case(db: Database, who: Operator, case_id: str) -> CaseData:
    """A case with its reports. Raises `reading.NotFound` or `NotAllowed`."""
    at = await positions(db)
    found = await reading.case(db, case_id)
    if not may_see(who, found.case.case_kind):
        raise NotAllowed(NEEDED_IN[found.case.case_kind])
    reports = tuple(_report(one, named=who.may(REPORTERS)) for one in found.reports)
    return CaseData(data=CaseFile(case=found.case, reports=reports), positions=at)


async def audit(
    db: Database, who: Operator, account: str, after: str | None = None, limit: int = 50
) -> Audit:
    """An account's ledger entries, the latest first.

    Raises `reading.NotFound`, or `BadPage`.
    """
    if after is not None and not after.isdecimal():
        raise BadPage(f"`{after}` is no place to go on from: pass `next` of the previous page as it is")
    at = await positions(db)
    page = await reading.audit(
        db, account, before_sequence=None if after is None else int(after), limit=limit
    )
    close = await hidden(db, who, account)
    return Audit(data=tuple(shown(who, row, close) for row in page.rows), next=page.next, positions=at)


async def strike(db: Database, who: Operator, strike_id: str) -> StrikeData:
    """A strike, or a warning. Raises `reading.NotFound`."""
    at = await positions(db)
    (found,) = await veiled(db, who, [await reading.strike(db, strike_id)])
    return StrikeData(data=found, positions=at)


async def sanction(db: Database, who: Operator, sanction_id: str) -> SanctionData:
    """A sanction. Raises `reading.NotFound`."""
    at = await positions(db)
    (found,) = await veiled(db, who, [await reading.sanction(db, sanction_id)])
    return SanctionData(data=found, positions=at)


async def reports(db: Database, who: Operator, **chosen: Any) -> Reports:
    """Reports of cases that the key may see, the latest first; arguments as for `reading.reports`.

    Raises `BadPage`, or `NotAllowed` where reports of somebody are asked for whose name may not be seen.
    """
    named = who.may(REPORTERS)
    if chosen.get("reporter") is not None and not named:
        raise NotAllowed(REPORTERS)
    at = await positions(db)
    page = await _page(reading.reports(db, **chosen, without=unseen(who)))
    return Reports(data=tuple(_report(row, named=named) for row in page.rows), next=page.next, positions=at)


async def report(db: Database, who: Operator, report_id: str) -> ReportData:
    """A report. Raises `reading.NotFound` or `NotAllowed`."""
    at = await positions(db)
    found, case_kind = await reading.report(db, report_id)
    if case_kind is not None and not may_see(who, case_kind):
        raise NotAllowed(NEEDED_IN[case_kind])
    return ReportData(data=_report(found, named=who.may(REPORTERS)), positions=at)


async def appeals(db: Database, who: Operator, **chosen: Any) -> Appeals:
    """Appeals, the latest first; arguments as for `reading.appeals`. Raises `BadPage`."""
    at = await positions(db)
    page = await _page(reading.appeals(db, **chosen))
    return Appeals(data=await veiled(db, who, page.rows), next=page.next, positions=at)


async def appeal(db: Database, who: Operator, appeal_id: str) -> AppealData:
    """An appeal. Raises `reading.NotFound`."""
    at = await positions(db)
    (found,) = await veiled(db, who, [await reading.appeal(db, appeal_id)])
    return AppealData(data=found, positions=at)


async def referrals(db: Database, who: Operator, **chosen: Any) -> Referrals:
    """Referrals, the latest first; arguments as for `reading.referrals`. Raises `NotAllowed` or `BadPage`."""
    if not who.may(RESTRICTED):
        raise NotAllowed(RESTRICTED)
    at = await positions(db)
    page = await _page(reading.referrals(db, **chosen))
    return Referrals(data=page.rows, next=page.next, positions=at)


async def audit_entries(db: Database, who: Operator, **chosen: Any) -> Audit:
    """Ledger entries of an account or by a person, the latest first; as for `reading.audit_entries`.

    Raises `BadPage`.
    """
    at = await positions(db)
    page = await _page(reading.audit_entries(db, **chosen))
    close = {entity: await hidden(db, who, entity) for entity in {row.entity for row in page.rows}}
    rows = tuple(shown(who, row, close[row.entity]) for row in page.rows)
    return Audit(data=rows, next=page.next, positions=at)


async def content(db: Database, who: Operator, ref: str) -> ContentData:
    """What somebody wrote. Raises `NotAllowed`, or `reading.NotFound`, also for what was erased."""
    at = await positions(db)
    found = await reading.contents(db, ref)
    for needed in (await closed(db, who, {ref: found})).values():
        raise NotAllowed(needed)
    told = who.may(REPORTERS) or found.kind not in REPORTED_KINDS
    fields = {**msgspec.structs.asdict(found), "ref": ref, "account": found.account if told else None}
    return ContentData(data=ContentShown.model_validate(fields), positions=at)


def policies(texts: Mapping[str, Policy], activations: Iterable[tuple[int, str]]) -> list[PolicyWhole]:
    """Every policy version, the one that was activated last first, those that never were last."""
    sequences: dict[str, list[int]] = {version: [] for version in texts}
    for sequence, version in activations:
        if version in sequences:
            sequences[version].append(sequence)
    order = sorted(texts, key=lambda version: (max(sequences[version], default=-1), version), reverse=True)
    return [
        PolicyWhole(
            version=version,
            name=texts[version].name,
            in_force=position == 0 and bool(sequences[version]),
            sequences=tuple(sequences[version]),
            policy=texts[version],
        )
        for position, version in enumerate(order)
    ]


async def closed(db: Database, who: Operator, texts: Mapping[str, Content]) -> dict[str, str]:
    """Of texts by reference those that `who` may not see, and the capability that each needs.

    A text is as close as the case that it belongs to, by its post, by a report, or by what was decided there.
    """
    kinds = unseen(who)
    if not kinds or not texts:
        return {}
    asked = [
        (ref, one.account, None if one.post is None else post_act(one.post)) for ref, one in texts.items()
    ]
    words = [word.decode() for word in REFERRAL_WORDS]
    found = await reading.case_kinds_of_texts(db, asked, kinds, words)
    return {ref: NEEDED_IN[min(about)] for ref, about in found.items()}


async def veiled(db: Database, who: Operator, rows: Iterable[Veilable]) -> tuple[Veilable, ...]:
    """Strikes, sanctions or appeals as `who` may see them.

    What came of a case that they may not see, or complains of that, has neither evidence nor texts.
    """
    found = tuple(rows)
    return _as_seen(found, await _close(db, who, found))


async def _close(
    db: Database, who: Operator, rows: Iterable[reading.Strike | reading.Sanction | reading.Appeal]
) -> frozenset[str]:
    """The strikes and sanctions that rows are, or complain of, and whose cases `who` may not see."""
    kinds, made = unseen(who), {_made(row) for row in rows}
    return await reading.close_to(db, made, kinds) if kinds and made else frozenset()


def _as_seen(rows: Iterable[Veilable], close: frozenset[str]) -> tuple[Veilable, ...]:
    return tuple(_veil(row) if _made(row) in close else row for row in rows)


def _made(row: reading.Strike | reading.Sanction | reading.Appeal) -> str:
    """The strike or sanction that a row is, or complains of."""
    if isinstance(row, reading.Appeal):
        return row.about
    return row.strike if isinstance(row, reading.Strike) else row.sanction


def _veil(row: Veilable) -> Veilable:
    return row.model_copy(update={name: None for name in VEILED if name in type(row).model_fields})


def unseen(who: Operator) -> tuple[str, ...]:
    """The kinds of cases that somebody may not see."""
    return tuple(kind for kind in NEEDED_IN if not may_see(who, kind))


def may_see(who: Operator, case_kind: str) -> bool:
    """Whether cases of this kind are shown to somebody."""
    needed = NEEDED_IN.get(case_kind)
    return needed is None or who.may(needed)


async def hidden(db: Database, who: Operator, account: str) -> Callable[[bytes], str | None]:
    """Tells of an account's entries, by their bytes, the capability that `who` lacks to see them.

    None for those that may be seen. `account` is an account's id, or another entity's whole name.
    """
    lacking: dict[str, set[str]] = {}
    for kind, needed in NEEDED_IN.items():
        if not who.may(needed):
            lacking.setdefault(needed, set()).add(kind)
    close = [
        (case.encode(), needed)
        for needed, kinds in lacking.items()
        for case in await reading.cases_opened_as(db, account, kinds)
    ]
    if "referral" in lacking.get(RESTRICTED, ()):
        close += [(word, RESTRICTED) for word in REFERRAL_WORDS]
    # A strike that a merge brought along remembers the kinds of all the cases that it came from.
    carried = [
        (re.compile(rb'"case_kinds":\[[^\]]*"(?:%s)"' % "|".join(sorted(kinds)).encode()), needed)
        for needed, kinds in lacking.items()
    ]

    def lacks(data: bytes) -> str | None:
        named = next((needed for case, needed in close if case in data), None)
        return named or next((needed for kinds, needed in carried if kinds.search(data)), None)

    return lacks


def shown(who: Operator, row: AuditEntry, close: Callable[[bytes], str | None]) -> ShownEntry:
    """An entry as `who` may see it; `close` is what `hidden` gave."""
    needed = close(row.data)
    if needed is not None:
        return _withheld(row, f"about a case that isn't for everybody: needs `{needed}`")
    return _entry(row, named=who.may(REPORTERS))


async def explain(
    db: Database, who: Operator, strike_or_sanction: str, policies: Mapping[str, Policy]
) -> ExplanationData:
    """Why there is a strike or a sanction; the guideline's text where `policies` holds it.

    Raises `reading.NotFound`.
    """
    at = await positions(db)
    found = await reading.explain(db, strike_or_sanction)
    strikes = await veiled(db, who, found.strikes)
    fields: dict[str, Any] = {
        **dict(found),
        "strikes": strikes,
        "evidence": found.evidence if found.strike is not None else [each.evidence for each in strikes],
        "chain": _chain(found.chain, named=who.may(REPORTERS)),
        "origin": found.origin if who.may(REPORTERS) or not _reported(found.chain) else None,
        "guideline_text": _text(found, policies),
        "withheld": None,
    }
    kinds = unseen(who)
    if kinds and await reading.close_to(db, [found.id], kinds):
        fields |= {
            "strike": None if found.strike is None else _veil(found.strike),
            "sanction": None if found.sanction is None else _veil(found.sanction),
            "evidence": None,
            "chain": (),
            "origin": None,
            "withheld": "about a case that isn't for everybody",
        }
    return ExplanationData(data=ShownExplanation.model_validate(fields), positions=at)


def without_reporters(value: Any) -> Any:
    """JSON with the names of reporters left out, wherever a report or a signal about one holds them."""
    if isinstance(value, list):
        return [without_reporters(item) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {
        # `linked` of a report are the reporter's other accounts; of a link, it says whether there is one.
        name: (
            None
            if name == "reporter" or (name == "linked" and isinstance(item, list))
            else without_reporters(item)
        )
        for name, item in value.items()
    }
    body = value.get("body")
    if isinstance(body, dict) and body.get("kind") in REPORT_KINDS:
        shown["actor"] = {"kind": value["actor"]["kind"], "id": None}
        shown["origin"] = None
        if body["kind"] == "report_answered":  # on its way to the reporter
            shown["entity"] = None
    return shown


async def _page(asked: Awaitable[Page[T]]) -> Page[T]:
    try:
        return await asked
    except ValueError as error:
        raise BadPage(str(error)) from error


def _report(report: Report, *, named: bool) -> ShownReport:
    fields = report.model_dump()
    return ShownReport.model_validate({**fields, "reporter": fields["reporter"] if named else None})


def _entry(row: AuditEntry, *, named: bool) -> ShownEntry:
    fields = row.model_dump()
    if named or not _about_reporting(row):
        if not named:
            fields["entry"] = without_reporters(fields["entry"])
            if row.cause_kind in REPORT_KINDS:
                fields |= {
                    "actor_id": None,
                    "origin_event": None,
                    "origin_offset": None,
                    "origin_partition": None,
                }
        return ShownEntry.model_validate(fields)
    return _withheld(row, f"about a report of this account's own: needs `{REPORTERS}`")


def _withheld(row: AuditEntry, why: str) -> ShownEntry:
    """That there is an entry, in its place in the chain, and what a key needs to see it."""
    fields = row.model_dump()
    kept = {name: fields[name] for name, field in ShownEntry.model_fields.items() if field.is_required()}
    return ShownEntry(**{**kept, "cause_kind": WITHHELD, "withheld": why})


def _about_reporting(row: AuditEntry) -> bool:
    """Whether the entry stands at the account that reported: there its ids would tell who did."""
    if row.cause_kind not in REPORT_KINDS:
        return False
    body = row.entry["cause"]["body"]
    return row.entity == f"account:{body.get('reporter')}"


def _reported(chain: Iterable[Cause]) -> bool:
    return any(cause.cause_kind in REPORT_KINDS for cause in chain)


def _chain(chain: Iterable[Cause], *, named: bool) -> list[dict[str, Any]]:
    shown = []
    for cause in chain:
        fields = cause.model_dump()
        if not named and cause.cause_kind in REPORT_KINDS:
            fields["actor_id"] = None
            if cause.cause_kind != "report_weighed":  # this step was taken at the reporter's own account
                fields |= dict.fromkeys(("entity", "sequence", "partition", "ledger_offset"))
        shown.append(fields)
    return shown


def _text(found: Explanation, policies: Mapping[str, Policy]) -> GuidelineText | None:
    policy = policies.get(found.policy_version)
    guideline = policy.guideline(found.guideline) if policy else None
    if policy is None or guideline is None:
        return None
    name = found.strike.policy_case if found.strike else None
    case = policy.case(guideline.id, name) if name else None
    return GuidelineText(
        id=guideline.id,
        title=guideline.title,
        text=guideline.text,
        case=name,
        case_title=case.title if case else None,
    )
