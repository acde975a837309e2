"""The table `sanctions`.

One row per sanction, with its end, however it came to it, and what the platform said of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import (
    AppealFiled,
    NoticeNoted,
    SanctionAmended,
    SanctionCarried,
    SanctionImposed,
    SanctionLifted,
)
from projections.recorded import At, Placed, json_text, who
from projections.table import Rows, Table, by, placed

TOLD_ONCE: Final = "warning"
"""A warning restricts nothing: it is told, and is never in force."""


class SanctionRow(Placed, frozen=True, kw_only=True, gc=False):
    """A sanction as it stands.

    `status` is `in_force`, `told` (a warning) or `lifted`; `lifted_because` says why.

    `ends_at` is the planned end, `lifted_at` the real one. `carried` is what the platform answered:
    `carried_out` or `failed`.
    """

    sanction: str
    account: str
    sanction_kind: str
    origin: str
    starts_at: datetime
    ends_at: datetime | None
    rung: int
    strikes: tuple[str, ...]
    decision: str
    issued_by: str
    issued_sequence: int
    content_action: str
    post: str | None
    revision: int | None
    status: str
    lifted_at: datetime | None
    lifted_because: str | None
    lifted_by: str | None
    restored: bool
    amended_because: str | None
    reason_ref: str | None
    told_at: datetime | None
    carried: str | None
    carried_code: str | None
    carried_at: datetime | None
    notice: str
    policy_version: str
    appeal_until: datetime | None
    appeal: str | None
    version: int


def _imposed(rows: Rows[SanctionRow], o: SanctionImposed, at: At) -> None:
    row = SanctionRow(
        sanction=o.sanction,
        account=at.account,
        sanction_kind=o.sanction_kind,
        origin=o.origin,
        starts_at=o.starts_at,
        ends_at=o.ends_at,
        rung=o.rung,
        strikes=o.strikes,
        decision=o.decision,
        issued_by=who(o.actor),
        issued_sequence=at.sequence,
        content_action=o.content_action,
        post=o.post,
        revision=o.revision,
        status="told" if o.sanction_kind == TOLD_ONCE else "in_force",
        lifted_at=None,
        lifted_because=None,
        lifted_by=None,
        restored=False,
        amended_because=None,
        reason_ref=None,
        told_at=None,
        carried=None,
        carried_code=None,
        carried_at=None,
        notice=json_text(o.notice),
        policy_version=o.notice.policy_version,
        appeal_until=None,
        appeal=None,
        version=1,
        **placed(at, o.effective_at),
    )
    rows.create(o.sanction, row)


def _amended(rows: Rows[SanctionRow], o: SanctionAmended, at: At) -> None:
    row = rows.get(o.sanction)
    changed: dict[str, object] = {} if o.content_action is None else {"content_action": o.content_action}
    if o.notice is not None:  # worse than before, so it is to be told of again
        changed["appeal_until"] = None
    rows.change(
        o.sanction,
        at,
        o.effective_at,
        ends_at=o.ends_at,
        amended_because=o.because,
        reason_ref=o.reason_ref,
        version=0 if row is None else row.version + 1,
        **changed,
    )


def _lifted(rows: Rows[SanctionRow], o: SanctionLifted, at: At) -> None:
    rows.change(
        o.sanction,
        at,
        o.effective_at,
        status="lifted",
        lifted_at=o.effective_at,
        lifted_because=o.because,
        lifted_by=who(o.actor),
        reason_ref=o.reason_ref,
        restored=o.restored,
    )


def _carried(rows: Rows[SanctionRow], o: SanctionCarried, at: At) -> None:
    said = {"carried": o.result, "carried_code": o.code, "carried_at": o.effective_at}
    rows.change_if_known(o.sanction, at, o.effective_at, **said)


def _told(rows: Rows[SanctionRow], o: NoticeNoted, at: At) -> None:
    row = rows.get(o.about)
    if row is None:
        return
    told_at, until = row.told_at or o.effective_at, o.appeal_until or row.appeal_until
    if (told_at, until) != (row.told_at, row.appeal_until):
        rows.change(o.about, at, o.effective_at, told_at=told_at, appeal_until=until)


def _appealed(rows: Rows[SanctionRow], o: AppealFiled, at: At) -> None:
    rows.change_if_known(o.about, at, o.effective_at, appeal=o.appeal)


TABLE: Final = Table(
    name="sanctions",
    row=SanctionRow,
    key="sanction",
    past=True,
    folds={
        SanctionImposed: _imposed,
        SanctionAmended: _amended,
        SanctionLifted: _lifted,
        SanctionCarried: _carried,
        NoticeNoted: _told,
        AppealFiled: _appealed,
    },
    wants={
        SanctionAmended: by("sanction"),
        SanctionLifted: by("sanction"),
        SanctionCarried: by("sanction"),
        NoticeNoted: by("about"),
        AppealFiled: by("about"),
    },
)
