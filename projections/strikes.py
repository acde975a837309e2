"""The table `strikes`.

One row per act on an account's record, warnings among them, told apart by `counts_as`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import (
    AppealFiled,
    CaseUpdated,
    NoticeNoted,
    StrikeAmended,
    StrikeConfirmed,
    StrikeExpired,
    StrikeIssued,
    StrikeRemoved,
)
from projections.recorded import At, Placed, json_text, who
from projections.table import Rows, Table, by, placed


class StrikeRow(Placed, frozen=True, kw_only=True, gc=False):
    """A strike as it stands.

    `status` is `active`, `expired`, `overturned`, `waived` or `withdrawn`, `ended_at` since when.

    `confirmed_at` is when a person confirmed it as it is now, `first_confirmed_at` as it was once.
    `version` is what a decision about the strike must name. `evidence` and `notice` are JSON.
    """

    strike: str
    account: str
    act: str
    post: str | None
    revision: int | None
    guideline: str
    policy_case: str
    severity: int
    points: int
    raised_points: int
    counts_as: str
    warning_first: bool
    episode: str
    occurred_at: datetime
    issued_at: datetime
    issued_by: str
    issued_sequence: int
    expires_at: datetime | None
    told_by: datetime
    told_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    first_confirmed_at: datetime | None
    first_confirmed_by: str | None
    status: str
    ended_at: datetime | None
    ended_by: str | None
    reason_ref: str | None
    evidence: str | None
    notice: str
    policy_version: str
    pricing_version: str
    appeal_until: datetime | None
    appeal: str | None
    version: int


def _issued(rows: Rows[StrikeRow], o: StrikeIssued, at: At) -> None:
    row = StrikeRow(
        strike=o.strike,
        account=at.account,
        act=o.act,
        post=o.post,
        revision=o.revision,
        guideline=o.guideline,
        policy_case=o.case,
        severity=o.severity,
        points=o.price.points,
        raised_points=o.raised.points,
        counts_as=o.counts_as,
        warning_first=o.warning_first,
        episode=o.episode,
        occurred_at=o.occurred_at,
        issued_at=o.effective_at,
        issued_by=who(o.actor),
        issued_sequence=at.sequence,
        expires_at=o.expires_at,
        told_by=o.told_by,
        told_at=None,
        confirmed_at=o.effective_at if o.confirmed else None,
        confirmed_by=who(o.actor) if o.confirmed else None,
        first_confirmed_at=o.effective_at if o.confirmed else None,
        first_confirmed_by=who(o.actor) if o.confirmed else None,
        status="active",
        ended_at=None,
        ended_by=None,
        reason_ref=None,
        evidence=None if o.evidence is None else json_text(o.evidence),
        notice=json_text(o.notice),
        policy_version=o.policy_version,
        pricing_version=o.pricing_version,
        appeal_until=None if o.past is None else o.past.appeal_until,
        appeal=None if o.past is None else o.past.appeal,
        version=1,
        **placed(at, o.effective_at),
    )
    rows.create(o.strike, row)


def _amended(rows: Rows[StrikeRow], o: StrikeAmended, at: At) -> None:
    row = rows.get(o.strike)
    if row is None:
        rows.change(o.strike, at, o.effective_at)
        return
    rows.change(
        o.strike,
        at,
        o.effective_at,
        guideline=o.guideline,
        policy_case=o.case,
        severity=o.severity,
        points=o.price.points,
        raised_points=o.raised.points,
        counts_as=o.counts_as,
        expires_at=o.expires_at,
        revision=row.revision if o.revision is None else max(row.revision or 0, o.revision),
        evidence=row.evidence if o.evidence is None else json_text(o.evidence),
        notice=row.notice if o.notice is None else json_text(o.notice),
        appeal_until=row.appeal_until if o.notice is None else None,
        version=row.version + 1,
        **({} if o.because == "warning_moved" else _repriced(row, o)),
    )


def _repriced(row: StrikeRow, o: StrikeAmended) -> dict[str, object]:
    """What else follows from another price: it runs anew, and whoever confirmed the old one confirmed less.

    Worse than before, it is confirmed by nobody; otherwise by whoever first confirmed it.
    """
    columns: dict[str, object] = {}
    if row.status == "expired":
        columns = {"status": "active", "ended_at": None}
    if o.because == "revision" or o.severity > row.severity:
        return {**columns, "confirmed_at": None, "confirmed_by": None}
    return {**columns, "confirmed_at": row.first_confirmed_at, "confirmed_by": row.first_confirmed_by}


def _confirmed(rows: Rows[StrikeRow], o: StrikeConfirmed, at: At) -> None:
    row = rows.get(o.strike)
    by_whom = who(o.actor)
    columns: dict[str, object] = {"confirmed_at": o.effective_at, "confirmed_by": by_whom}
    if row is not None and row.first_confirmed_at is None:
        columns |= {"first_confirmed_at": o.effective_at, "first_confirmed_by": by_whom}
    _next_version(rows, o.strike, at, o.effective_at, **columns)


def _removed(rows: Rows[StrikeRow], o: StrikeRemoved, at: At) -> None:
    ended = {"ended_at": o.effective_at, "ended_by": who(o.actor)}
    _next_version(rows, o.strike, at, o.effective_at, status=o.status, reason_ref=o.reason_ref, **ended)


def _expired(rows: Rows[StrikeRow], o: StrikeExpired, at: At) -> None:
    # An overturned strike may still run out: it stays overturned.
    row = rows.get(o.strike)
    ended: dict[str, object] = {}
    if row is None or row.status == "active":
        ended = {"status": "expired", "ended_at": o.effective_at}
    _next_version(rows, o.strike, at, o.effective_at, **ended)


def _told(rows: Rows[StrikeRow], o: NoticeNoted, at: At) -> None:
    row = rows.get(o.about)
    if row is None:
        return
    told_at, until = row.told_at or o.effective_at, o.appeal_until or row.appeal_until
    if (told_at, until) != (row.told_at, row.appeal_until):
        rows.change(o.about, at, o.effective_at, told_at=told_at, appeal_until=until)


def _appealed(rows: Rows[StrikeRow], o: AppealFiled, at: At) -> None:
    rows.change_if_known(o.about, at, o.effective_at, appeal=o.appeal)


def _next_version(
    rows: Rows[StrikeRow], strike: str, at: At, effective_at: datetime, **columns: object
) -> None:
    row = rows.get(strike)
    version = 0 if row is None else row.version + 1
    rows.change(strike, at, effective_at, version=version, **columns)


TABLE: Final = Table(
    name="strikes",
    row=StrikeRow,
    key="strike",
    past=True,
    folds={
        StrikeIssued: _issued,
        StrikeAmended: _amended,
        StrikeConfirmed: _confirmed,
        StrikeRemoved: _removed,
        StrikeExpired: _expired,
        NoticeNoted: _told,
        AppealFiled: _appealed,
    },
    wants={
        StrikeAmended: by("strike"),
        StrikeConfirmed: by("strike"),
        StrikeRemoved: by("strike"),
        StrikeExpired: by("strike"),
        NoticeNoted: by("about"),
        AppealFiled: by("about"),
        CaseUpdated: by("strike"),  # whose severity is the case's
    },
)
