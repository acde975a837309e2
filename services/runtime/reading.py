"""The read side: what the command line and the API ask of PostgreSQL.

Every function takes a connection or a pool, and gives back frozen rows that carry the ledger position which
they reflect. What isn't there raises `NotFound`. Pages are walked by key: pass a page's `next` as `after`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Generic, Protocol, Self, TypeVar

import msgspec
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from events import ledger
from events.codec import decode_entry
from events.contents import Content, decode_content
from events.ids import account_entity
from services.runtime.postgres import Queries

SQL: Final = Queries(Path(__file__).parent / "sql")
PAGE_ROWS: Final = 50
PAGE_ROWS_MAX: Final = 1_000
ACCOUNT_ROWS_MAX: Final = 1_000
"""Strikes, and sanctions, that a standing lists, the latest."""
CHAIN_STEPS_MAX: Final = 32
"""How far back a chain of causes is followed; signals between entities are acyclic and few."""
CASE_REPORTS_MAX: Final = 200
NO_LONGER: Final = frozenset({"overturned", "waived", "withdrawn", "expired"})


class Database(Protocol):
    """A connection or a pool."""

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """All rows."""

    async def fetchrow(self, query: str, *arguments: Any) -> Any:
        """The first row, or None."""

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """The first column of the first row, or None."""


class NotFound(Exception):
    """There is no such thing. The message says what was asked for, and what to try."""


# --- rows
# ------------------------------------------------------------------------------------------------------------


def _json(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str) else value


def _jsons(values: Any) -> Any:
    return [_json(value) for value in values]


Json = Annotated[Any, BeforeValidator(_json)]
Jsons = Annotated[tuple[Any, ...], BeforeValidator(_jsons)]


class Row(BaseModel):
    """What every row has.

    The ledger position of the entry that made it what it is, and both of that entry's times.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    partition: int
    ledger_offset: int
    sequence: int
    recorded_at: AwareDatetime
    effective_at: AwareDatetime

    @classmethod
    def of(cls, record: Mapping[str, Any], **more: Any) -> Self:
        """From a record of the database."""
        return cls.model_validate({**record, **more})


class Strike(Row):
    """A strike, or the warning that it counts as. `version` is what a decision about it must name."""

    strike: str
    account: str
    act: str
    post: str | None
    revision: int | None
    guideline: str
    policy_case: str
    severity: int
    points: int
    counts_as: str
    episode: str
    occurred_at: AwareDatetime
    issued_at: AwareDatetime
    issued_by: str
    issued_sequence: int
    expires_at: AwareDatetime | None
    told_by: AwareDatetime
    told_at: AwareDatetime | None
    confirmed_at: AwareDatetime | None
    confirmed_by: str | None
    status: str
    ended_at: AwareDatetime | None
    ended_by: str | None
    reason_ref: str | None
    evidence: Json
    notice: Json
    policy_version: str
    pricing_version: str
    appeal_until: AwareDatetime | None = None
    appeal: str | None = None
    version: int


class Sanction(Row):
    """A sanction. `version` is what a decision about it must name."""

    sanction: str
    account: str
    sanction_kind: str
    origin: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None
    rung: int
    strikes: tuple[str, ...]
    decision: str
    issued_by: str
    issued_sequence: int
    content_action: str
    post: str | None
    revision: int | None
    status: str
    lifted_at: AwareDatetime | None
    lifted_because: str | None
    lifted_by: str | None
    restored: bool
    amended_because: str | None
    reason_ref: str | None
    told_at: AwareDatetime | None
    carried: str | None
    carried_code: str | None
    carried_at: AwareDatetime | None
    notice: Json
    policy_version: str
    appeal_until: AwareDatetime | None = None
    appeal: str | None = None
    version: int


class Case(Row):
    """A case with what was folded into it. `version` is what a decision about it must name.

    `severity` is the gravest that ever joined it, 0 to 4.
    """

    case_id: str
    account: str
    subject: str
    case_kind: str
    version: int
    status: str
    urgent: bool
    escalated: bool
    severity: int
    summary: str
    strikes: tuple[str, ...]
    findings: Jsons
    finding_count: int
    reports: tuple[str, ...]
    report_count: int
    report_weight: int
    failed_rules: tuple[str, ...]
    failed_signals: tuple[str, ...]
    notes: tuple[str, ...]
    opened_at: AwareDatetime
    opened_sequence: int
    closed_at: AwareDatetime | None
    closed_by: str | None
    result: str | None
    report_outcome: str | None
    reason_ref: str | None
    policy_version: str


class Report(BaseModel):
    """A report, both sides together. `reporter` is shown only to those who have the capability for it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    report: str
    reporter: str
    subject_account: str
    post: str | None
    revision: int | None
    by_email: bool
    reason: str | None
    result: str | None
    weight: int
    case_id: str | None
    content_ref: str | None
    reason_ref: str | None
    filed_at: AwareDatetime
    withdrawn_at: AwareDatetime | None
    outcome: str | None
    settled_at: AwareDatetime | None


class Appeal(Row):
    """An appeal. `version` is what a decision about it must name.

    `about_kind` says what it complains of: `strike`, or the sanction's kind. `fallen` are the strikes that
    fell; partly granted, a strike was `reduced_to` a severity, or a sanction `shortened_to` an end.
    """

    appeal: str
    account: str
    about: str
    about_kind: str
    strikes: tuple[str, ...]
    status: str
    filed_as: str
    filed_by: str
    filed_at: AwareDatetime
    open_until: AwareDatetime
    text_ref: str | None
    decided_at: AwareDatetime | None
    decided_by: str | None
    fallen: tuple[str, ...]
    reduced_to: int | None
    shortened_to: AwareDatetime | None
    reason_ref: str | None
    version: int

    @classmethod
    def of(cls, record: Mapping[str, Any], **more: Any) -> Self:
        """From a record of the database; a decision names its case's version, which notes raise as well."""
        version = record["case_version"]
        return super().of(record, **({} if version is None else {"version": version}), **more)


class Referral(Row):
    """A referral to law enforcement. `status` is `proposed`, `confirmed` or `dismissed`.

    `case_id` is the case in which a second person answers it, `about` the one that it came from. Made in an
    `emergency`, it is to be looked at by `review_by`; `overdue`: nobody has in time. What is kept under
    `refs`, and of `posts`, is held.
    """

    referral: str
    account: str
    case_id: str
    about: str
    emergency: bool
    status: str
    overdue: bool
    posts: tuple[str, ...]
    refs: tuple[str, ...]
    proposed_by: str
    proposed_at: AwareDatetime
    reason_ref: str | None
    review_by: AwareDatetime | None
    settled_by: str | None
    settled_at: AwareDatetime | None
    settled_reason_ref: str | None


class CaseFile(BaseModel):
    """A case with its reports."""

    model_config = ConfigDict(frozen=True)

    case: Case
    reports: tuple[Report, ...]


class Standing(Row):
    """An account's standing.

    The summary of the entry at `sequence`, and the strikes, warnings and sanctions that go with it.

    `reading` says what the answer means: `now`, `as_recorded` (what was known by `at`) or `in_effect` (what
    held at `at`, by what is known today). `exact` is False where the summary's points couldn't be told for
    just that moment, because one entry holds outcomes from both sides of it; the lists are exact always.
    """

    account: str
    reading: str
    at: AwareDatetime | None
    exact: bool
    version: int
    account_kind: str | None
    active_points: int
    confirmed_points: int
    active_strikes: int
    warning_count: int = Field(validation_alias="warnings")
    total_strikes: int
    rung: int
    suspended: bool
    suspended_until: AwareDatetime | None
    terminated: bool
    termination_proposed: bool
    restrictions: tuple[str, ...]
    hidden_posts: int
    merits: int
    open_cases: int
    reporter_muted: bool
    profile_missing: tuple[str, ...] = ()
    policy_version: str
    strikes: tuple[Strike, ...] = ()
    warnings_given: tuple[Strike, ...] = ()
    sanctions: tuple[Sanction, ...] = ()


class StandingAnswer(BaseModel):
    """What `standing` answers.

    Without `as_of` it is `now`; with it, `as_recorded` and `in_effect`, each None where there was nothing.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    as_of: AwareDatetime | None
    now: Standing | None = None
    as_recorded: Standing | None = None
    in_effect: Standing | None = None


class AuditEntry(Row):
    """One ledger entry: who and what caused it, by which policy and build, and what came of it.

    `entry` is the entry itself.
    """

    entity: str
    effective_from: AwareDatetime
    cause_id: str
    cause_kind: str
    causation_id: str
    correlation_id: str
    origin_topic: str | None
    origin_partition: int | None
    origin_offset: int | None
    origin_event: str | None
    origin_type: str | None
    actor_kind: str
    actor_id: str
    policy_version: str
    decider_version: str
    outcomes: Annotated[tuple[str, ...], BeforeValidator(str.split)]
    emitted: Annotated[tuple[str, ...], BeforeValidator(lambda value: value or ())]
    active_points: int
    hash: bytes = Field(repr=False, exclude=True)
    data: bytes = Field(repr=False, exclude=True)

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def sha256(self) -> str:
        """The SHA-256 of the entry's bytes, as the next entry of the partition names it."""
        return self.hash.hex()

    @computed_field  # type: ignore[prop-decorator]  # the same
    @property
    def entry(self) -> Any:
        """The entry as JSON."""
        return msgspec.json.decode(self.data)


class Cause(BaseModel):
    """One step of a chain of causes, the nearest first: an entry, and the signal that it applied."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    entity: str
    sequence: int
    partition: int
    ledger_offset: int
    recorded_at: AwareDatetime
    cause_id: str
    cause_kind: str
    causation_id: str
    actor_kind: str
    actor_id: str
    policy_version: str


class Origin(BaseModel):
    """The input record with which it began. `event` is the CloudEvents id."""

    model_config = ConfigDict(frozen=True)

    topic: str
    partition: int
    offset: int
    event: str
    type: str


class Explanation(BaseModel):
    """Why there is a strike or a sanction: what it rests on, what it cost, and everything that led to it.

    `points_before` and `points_after` are the account's active points around the entry that made it.
    `strikes` are those that a sanction rests on; a strike rests on its own `evidence`.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    id: str
    account: str
    guideline: str
    policy_version: str
    evidence: Any
    points_before: int
    points_after: int
    decided_by: str
    decided_at: AwareDatetime
    strike: Strike | None
    sanction: Sanction | None
    strikes: tuple[Strike, ...]
    chain: tuple[Cause, ...]
    origin: Origin | None


class Position(BaseModel):
    """How far the live projection has come in one partition.

    `ledger_offset` and the rest are of the last entry applied.
    """

    model_config = ConfigDict(frozen=True)

    partition: int
    next: int
    ledger_offset: int | None
    recorded_at: AwareDatetime | None
    entity: str | None
    sequence: int | None
    build: int
    version: int


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Some rows, and where to go on: None at the end."""

    model_config = ConfigDict(frozen=True)

    rows: tuple[T, ...]
    next: str | None


# --- questions
# -------------------------------------------------------------------------------------------------------


async def standing(db: Database, account: str, as_of: datetime | None = None) -> StandingAnswer:
    """An account's standing now, or both as recorded by, and as in effect at, a moment (aware).

    Raises `NotFound`.
    """
    if as_of is None:
        record = await db.fetchrow(SQL["standing"], account)
        if record is None:
            await _raise_unknown(db, account)
        strikes = [Strike.of(r) for r in await db.fetch(SQL["strikes_of"], account, ACCOUNT_ROWS_MAX)]
        sanctions = [Sanction.of(r) for r in await db.fetch(SQL["sanctions_of"], account, ACCOUNT_ROWS_MAX)]
        now = Standing.of(record, reading="now", at=None, exact=True, **_lists(strikes, sanctions))
        return StandingAnswer(account=account, as_of=None, now=now)
    recorded = await _as_recorded(db, account, as_of)
    in_effect = await _in_effect(db, account, as_of)
    if recorded is None and in_effect is None:
        await _raise_unknown(db, account, only_if_unrecorded=True)
    return StandingAnswer(account=account, as_of=as_of, as_recorded=recorded, in_effect=in_effect)


async def strikes(
    db: Database,
    *,
    account: str | None = None,
    guideline: str | None = None,
    status: str | None = None,
    counts_as: str | None = None,
    severity: int | None = None,
    points_min: int | None = None,
    actor: str | None = None,
    automated: bool | None = None,
    appealed: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[Strike]:
    """Strikes and warnings, the latest first; `counts_as` tells them apart.

    `actor` is a person who issued or confirmed it, `automated` that no person issued it, `since` and `until`
    (exclusive) when it was issued.
    """
    more = (severity, points_min, actor, automated, appealed, since, until)
    records = await _page(db, "strikes", (account, guideline, status, counts_as), after, limit, more)
    return _paged([Strike.of(r) for r in records], limit, lambda row: (row.issued_at, row.strike))


async def sanctions(
    db: Database,
    *,
    account: str | None = None,
    kind: str | None = None,
    status: str | None = None,
    origin: str | None = None,
    guideline: str | None = None,
    actor: str | None = None,
    automated: bool | None = None,
    appealed: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[Sanction]:
    """Sanctions, the latest first; filters as for strikes, by when it started."""
    more = (guideline, actor, automated, appealed, since, until)
    records = await _page(db, "sanctions", (account, kind, status, origin), after, limit, more)
    return _paged([Sanction.of(r) for r in records], limit, lambda row: (row.starts_at, row.sanction))


async def cases(
    db: Database,
    *,
    account: str | None = None,
    status: str | None = None,
    kind: str | None = None,
    urgent: bool | None = None,
    guideline: str | None = None,
    severity_min: int | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    without: Iterable[str] = (),
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[Case]:
    """Cases, the latest first. `account` is an account's id, or another entity's whole name.

    `actor` is who answered it, `without` are kinds that are left out.
    """
    more = (guideline, severity_min, actor, since, until, list(without) or None)
    records = await _page(db, "cases", (account, status, kind, urgent), after, limit, more)
    return _paged([Case.of(r) for r in records], limit, lambda row: (row.opened_at, row.case_id))


async def strike(db: Database, strike_id: str) -> Strike:
    """A strike, or a warning. Raises `NotFound`."""
    record = await db.fetchrow(SQL["strike"], strike_id)
    if record is None:
        raise NotFound(f"there is no strike `{strike_id}`; list them with `goodstanding strikes ls`")
    return Strike.of(record)


async def sanction(db: Database, sanction_id: str) -> Sanction:
    """A sanction. Raises `NotFound`."""
    record = await db.fetchrow(SQL["sanction"], sanction_id)
    if record is None:
        raise NotFound(f"there is no sanction `{sanction_id}`; list them with `goodstanding sanctions ls`")
    return Sanction.of(record)


async def reports(
    db: Database,
    *,
    account: str | None = None,
    reporter: str | None = None,
    case: str | None = None,
    guideline: str | None = None,
    outcome: str | None = None,
    settled: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    without: Iterable[str] = (),
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[Report]:
    """Reports that came to a case, the latest first; `account` is the one that they are about.

    `without` are kinds of cases whose reports are left out.
    """
    filters = (account, reporter, case, guideline, outcome, settled)
    records = await _page(db, "reports", filters, after, limit, (since, until, list(without) or None))
    rows = [(Report.model_validate(dict(r)), r["folded_at"]) for r in records]
    page = _paged(rows, limit, lambda row: (row[1], row[0].report))
    return Page(rows=tuple(report for report, _ in page.rows), next=page.next)


async def report(db: Database, report_id: str) -> tuple[Report, str | None]:
    """A report, and the kind of its case; None where it came to none. Raises `NotFound`."""
    record = await db.fetchrow(SQL["report"], report_id)
    if record is None:
        raise NotFound(f"there is no report `{report_id}`; check the id")
    return Report.model_validate(dict(record)), record["case_kind"]


async def appeals(
    db: Database,
    *,
    account: str | None = None,
    about: str | None = None,
    status: str | None = None,
    actor: str | None = None,
    guideline: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[Appeal]:
    """Appeals, the latest first; `actor` is who decided it."""
    records = await _page(
        db, "appeals", (account, about, status, actor, guideline), after, limit, (since, until)
    )
    return _paged([Appeal.of(r) for r in records], limit, lambda row: (row.filed_at, row.appeal))


async def appeal(db: Database, appeal_id: str) -> Appeal:
    """An appeal. Raises `NotFound`."""
    record = await db.fetchrow(SQL["appeal"], appeal_id)
    if record is None:
        raise NotFound(f"there is no appeal `{appeal_id}`; check the id")
    return Appeal.of(record)


async def referrals(
    db: Database,
    *,
    account: str | None = None,
    status: str | None = None,
    emergency: bool | None = None,
    overdue: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[Referral]:
    """Referrals, the latest first; `since` and `until` (exclusive) are when it was proposed."""
    filters = (account, status, emergency, overdue)
    records = await _page(db, "referrals", filters, after, limit, (since, until))
    return _paged([Referral.of(r) for r in records], limit, lambda row: (row.proposed_at, row.referral))


async def audit_entries(
    db: Database,
    *,
    account: str | None = None,
    actor: str | None = None,
    cause: str | None = None,
    outcome: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = PAGE_ROWS,
) -> Page[AuditEntry]:
    """Ledger entries of an account (or another entity, by its whole name) or by a person, the latest first.

    Raises `ValueError` where neither is named: the whole ledger is no answer.
    """
    if account is None and actor is None:
        raise ValueError("neither an account nor an actor is named: the whole ledger is no answer")
    moment, place = _parse(after)
    partition, _, offset = (place or "").partition(":")
    if after is not None and not (partition.isdecimal() and offset.isdecimal()):
        raise ValueError(f"`{after}` is no place to go on from: pass `next` of the previous page as it is")
    filters = (None if account is None else _entity(account), actor, cause, outcome, since, until)
    position = (moment, int(partition), int(offset)) if after is not None else (None, None, None)
    records = await db.fetch(SQL["audit_entries"], *filters, *position, _bounded(limit) + 1)
    rows = [AuditEntry.of(r) for r in records]
    return _paged(rows, limit, lambda row: (row.recorded_at, f"{row.partition}:{row.ledger_offset}"))


async def case(db: Database, case_id: str) -> CaseFile:
    """A case with its reports. Raises `NotFound`."""
    record = await db.fetchrow(SQL["case"], case_id)
    if record is None:
        raise NotFound(f"there is no case `{case_id}`; list them with `goodstanding cases`")
    reports = [
        Report.model_validate(dict(r)) for r in await db.fetch(SQL["case_reports"], case_id, CASE_REPORTS_MAX)
    ]
    return CaseFile(case=Case.of(record), reports=tuple(reports))


async def audit(
    db: Database, account: str, *, before_sequence: int | None = None, limit: int = PAGE_ROWS
) -> Page[AuditEntry]:
    """An account's ledger entries, the latest first.

    Raises `NotFound` for an account that the ledger doesn't know.
    """
    records = await db.fetch(SQL["audit"], _entity(account), before_sequence, _bounded(limit) + 1)
    if not records and before_sequence is None:
        await _raise_unknown(db, account)
    rows = [AuditEntry.of(r) for r in records]
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows=tuple(rows), next=str(rows[-1].sequence) if more else None)


async def case_kinds_of_texts(
    db: Database,
    texts: Iterable[tuple[str, str, str | None]],
    kinds: Iterable[str],
    referral_words: Iterable[str],
) -> dict[str, frozenset[str]]:
    """What kinds of cases texts belong to, open or not, by reference; those that belong to none are left out.

    A text is its reference, whose it is, and the subject that it is about, such as `post:p-1`. Only `kinds`
    are looked for; every entry about a referral has one of `referral_words`.
    """
    refs, accounts, subjects = map(list, zip(*texts, strict=True))
    records = await db.fetch(
        SQL["case_kinds_of_texts"], refs, accounts, subjects, [*kinds], [*referral_words]
    )
    found: dict[str, frozenset[str]] = {}
    for record in records:
        found[record["ref"]] = found.get(record["ref"], frozenset()) | {record["case_kind"]}
    return found


async def close_to(db: Database, ids: Iterable[str], kinds: Iterable[str]) -> frozenset[str]:
    """Those of the strikes and sanctions whose making names a case that was opened as one of these kinds."""
    records = await db.fetch(SQL["close_to"], [*ids], [*kinds])
    return frozenset(record["id"] for record in records)


async def cases_opened_as(db: Database, account: str, kinds: Iterable[str]) -> frozenset[str]:
    """The ids of an account's cases of these kinds, open or not, purged ones too."""
    records = await db.fetch(SQL["cases_opened_as"], _entity(account), [*kinds])
    return frozenset(record["case_id"] for record in records)


async def explain(db: Database, strike_or_sanction: str) -> Explanation:
    """Why there is a strike or a sanction. Raises `NotFound`."""
    record = await db.fetchrow(SQL["strike"], strike_or_sanction)
    if record is not None:
        strike = Strike.of(record)
        return await _explanation(db, strike, strike=strike, sanction=None, strikes=())
    record = await db.fetchrow(SQL["sanction"], strike_or_sanction)
    if record is None:
        raise NotFound(
            f"there is no strike or sanction `{strike_or_sanction}`; list an account's with `goodstanding "
            "standing <account>`"
        )
    sanction = Sanction.of(record)
    rests_on = [Strike.of(r) for r in await db.fetch(SQL["strikes_named"], list(sanction.strikes))]
    return await _explanation(db, sanction, strike=None, sanction=sanction, strikes=tuple(rests_on))


async def entries(db: Database, entity: str, limit: int) -> list[bytes]:
    """The first entries of an entity, in order, as their exact bytes."""
    return [record["data"] for record in await db.fetch(SQL["entries"], entity, limit)]


async def last_sequence(db: Database, entity: str) -> int:
    """The sequence of an entity's last entry; 0 where it has none."""
    found: int | None = await db.fetchval(SQL["last_sequence"], entity)
    return found or 0


async def entry_of_event(db: Database, entity: str, event: str, since: int = 0) -> AuditEntry | None:
    """The entry that an input event led to at an entity, after a sequence; None before it did."""
    record = await db.fetchrow(SQL["entry_of_event"], entity, since, event)
    return None if record is None else AuditEntry.of(record)


async def positions(db: Database) -> list[Position]:
    """How far the live projection has come, per partition."""
    return [Position.model_validate(dict(record)) for record in await db.fetch(SQL["positions"])]


async def contents(db: Database, ref: str) -> Content:
    """A snapshot of content, or a free text, by its reference.

    Raises `NotFound`, also for what was erased.
    """
    value = await db.fetchval(SQL["contents"], ref)
    if value is None:
        raise NotFound(f"there is no content `{ref}`: it was erased, or hasn't arrived yet")
    return decode_content(value)


# --- helpers
# ---------------------------------------------------------------------------------------------------------


async def _raise_unknown(db: Database, account: str, *, only_if_unrecorded: bool = False) -> None:
    """Say why there is nothing about an account."""
    entity = account if ":" in account else account_entity(account)
    known = await db.fetchrow(SQL["known"], entity, account)
    if known["recorded"] and only_if_unrecorded:
        return
    if known["recorded"] and known["purged"]:
        raise NotFound(
            f"account `{account}` was purged from the projection; `goodstanding audit {account}` shows its "
            "entries, and "
            "`goodstanding projections rebuild` brings its standing back"
        )
    raise NotFound(
        f"nothing is on record about account `{account}`: it has no strike, report or decision, or hasn't "
        "been projected yet; "
        "check the id, and `goodstanding projections status` for how far the projection has come"
    )


def _lists(strikes: list[Strike], sanctions: list[Sanction]) -> dict[str, tuple[Row, ...]]:
    return {
        "strikes": tuple(row for row in strikes if row.counts_as == "strike"),
        "warnings_given": tuple(row for row in strikes if row.counts_as == "warning"),
        "sanctions": tuple(sanctions),
    }


async def _as_recorded(db: Database, account: str, moment: datetime) -> Standing | None:
    """What was known by a moment."""
    record = await db.fetchrow(SQL["entry_recorded_by"], account_entity(account), moment)
    if record is None:
        return None
    strikes = [
        Strike.of(r) for r in await db.fetch(SQL["strikes_recorded_by"], account, moment, ACCOUNT_ROWS_MAX)
    ]
    sanctions = [
        Sanction.of(r)
        for r in await db.fetch(SQL["sanctions_recorded_by"], account, moment, ACCOUNT_ROWS_MAX)
    ]
    return _of_entry(record, account, "as_recorded", moment, **_lists(strikes, sanctions))


async def _in_effect(db: Database, account: str, moment: datetime) -> Standing | None:
    """What held at a moment, by what is known today: what ended by then has ended, noted or not."""
    entity = account_entity(account)
    record = await db.fetchrow(SQL["entry_in_effect_at"], entity, moment)
    if record is None:
        return None
    strikes = [
        Strike.of({**r, **_run_out(r["status"] == "active", r["expires_at"], moment, "expired", "ended_at")})
        for r in await db.fetch(SQL["strikes_effective_by"], account, moment, ACCOUNT_ROWS_MAX)
    ]
    sanctions = [
        Sanction.of({**r, **_run_out(r["status"] == "in_force", r["ends_at"], moment, "lifted", "lifted_at")})
        for r in await db.fetch(SQL["sanctions_effective_by"], account, moment, ACCOUNT_ROWS_MAX)
    ]
    across = await db.fetchval(SQL["entries_across"], entity, moment, record["sequence"])
    unnoted = any(
        row.status == "expired" and row.ended_at == row.expires_at and row.effective_at != row.ended_at
        for row in strikes
    )
    held = [row for row in sanctions if row.status == "in_force"]
    ends = [row.ends_at for row in held if row.sanction_kind == "suspension"]
    counted = [row for row in strikes if row.status not in NO_LONGER]
    return _of_entry(
        record,
        account,
        "in_effect",
        moment,
        exact=not across and not unnoted,
        active_strikes=sum(row.counts_as == "strike" for row in counted),
        warnings=sum(row.counts_as == "warning" for row in counted),
        suspended=bool(ends),
        suspended_until=None if None in ends else max((end for end in ends if end is not None), default=None),
        **_lists(strikes, sanctions),
    )


def _run_out(
    open_still: bool, end: datetime | None, moment: datetime, status: str, ended_at: str
) -> dict[str, Any]:
    """What is over by its own end, though the entry that says so took effect later or hasn't been made."""
    return {"status": status, ended_at: end} if open_still and end is not None and end <= moment else {}


def _of_entry(record: Any, account: str, reading: str, moment: datetime, **more: Any) -> Standing:
    summary: ledger.Standing = decode_entry(record["data"]).standing
    fields = {**msgspec.structs.asdict(summary), "exact": True, **more}
    return Standing.of(record, **fields, account=account, reading=reading, at=moment)


async def _explanation(
    db: Database,
    row: Strike | Sanction,
    *,
    strike: Strike | None,
    sanction: Sanction | None,
    strikes: tuple[Strike, ...],
) -> Explanation:
    entity = account_entity(row.account)
    records = await db.fetch(SQL["chain"], entity, row.issued_sequence, CHAIN_STEPS_MAX)
    chain = tuple(Cause.model_validate(dict(record)) for record in records)
    before = await db.fetchval(SQL["points_at"], entity, row.issued_sequence - 1)
    first, last = records[0], records[-1]
    return Explanation(
        kind="strike" if strike is not None else "sanction",
        id=strike.strike if strike is not None else sanction.sanction if sanction is not None else "",
        account=row.account,
        guideline=row.notice["guideline"] if strike is None else strike.guideline,
        policy_version=row.policy_version,
        evidence=strike.evidence if strike is not None else [each.evidence for each in strikes],
        points_before=before or 0,
        points_after=first["active_points"],
        decided_by=row.issued_by,
        decided_at=first["recorded_at"],
        strike=strike,
        sanction=sanction,
        strikes=strikes,
        chain=chain,
        origin=_origin(last),
    )


def _origin(record: Any) -> Origin | None:
    if record["origin_topic"] is None:
        return None
    return Origin(
        topic=record["origin_topic"],
        partition=record["origin_partition"],
        offset=record["origin_offset"],
        event=record["origin_event"],
        type=record["origin_type"],
    )


def _entity(account: str) -> str:
    """An account's entity; other entities are asked for by their whole name."""
    return account if ":" in account else account_entity(account)


def _bounded(limit: int) -> int:
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise ValueError(f"a page of {limit} rows was asked for, expected 1 to {PAGE_ROWS_MAX}")
    return limit


async def _page(
    db: Database,
    query: str,
    filters: tuple[Any, ...],
    after: str | None,
    limit: int,
    more: tuple[Any, ...] = (),
) -> list[Any]:
    moment, key = _parse(after)
    return await db.fetch(SQL[query], *filters, moment, key, _bounded(limit) + 1, *more)


def _parse(after: str | None) -> tuple[datetime | None, str | None]:
    """The key at which the previous page ended: a time and an id."""
    if after is None:
        return None, None
    moment, _, key = after.partition("/")
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None or not key:
        raise ValueError(f"`{after}` is no place to go on from: pass `next` of the previous page as it is")
    return parsed, key


def _paged(rows: list[Any], limit: int, key: Any) -> Page[Any]:
    more = len(rows) > limit
    rows = rows[:limit]
    if not more:
        return Page(rows=tuple(rows), next=None)
    moment, name = key(rows[-1])
    return Page(rows=tuple(rows), next=f"{moment.isoformat()}/{name}")
