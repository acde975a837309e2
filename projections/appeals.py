"""The table `appeals`: one row per appeal that was taken in. Its case has the same id and version."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import AppealDecided, AppealFiled
from projections.recorded import At, Placed, who
from projections.table import Rows, Table, by, placed


class AppealRow(Placed, frozen=True, kw_only=True, gc=False):
    """An appeal. `version` is what a decision must name.

    `about` is the strike or sanction, `about_kind` says which: `strike`, or the sanction's kind. It rests on
    `strikes`; `fallen` are those of them that fell. `filed_as` is the platform's id of it,
    `filed_by` the `account` or the `platform` for it; it could be filed before `open_until`. `status` is
    `pending`, `granted`, `partly_granted` or `denied`; partly granted, a strike may have been `reduced_to` a
    severity, or a sanction have got the end `shortened_to`.
    """

    appeal: str
    account: str
    about: str
    about_kind: str
    strikes: tuple[str, ...]
    status: str
    filed_as: str
    filed_by: str
    filed_at: datetime
    open_until: datetime
    text_ref: str | None
    decided_at: datetime | None
    decided_by: str | None
    fallen: tuple[str, ...]
    reduced_to: int | None
    shortened_to: datetime | None
    reason_ref: str | None
    version: int


def _filed(rows: Rows[AppealRow], o: AppealFiled, at: At) -> None:
    row = AppealRow(
        appeal=o.appeal,
        account=at.account,
        about=o.about,
        about_kind=o.about_kind,
        strikes=o.strikes,
        status="pending",
        filed_as=o.filed_as,
        filed_by=o.by,
        filed_at=o.effective_at,
        open_until=o.open_until,
        text_ref=o.text_ref,
        decided_at=None,
        decided_by=None,
        fallen=(),
        reduced_to=None,
        shortened_to=None,
        reason_ref=None,
        version=1,
        **placed(at, o.effective_at),
    )
    rows.create(o.appeal, row)


def _decided(rows: Rows[AppealRow], o: AppealDecided, at: At) -> None:
    rows.change(
        o.appeal,
        at,
        o.effective_at,
        status=o.outcome,
        decided_at=o.effective_at,
        decided_by=who(o.actor),
        fallen=o.strikes,
        reduced_to=o.severity,
        shortened_to=o.until,
        reason_ref=o.reason_ref,
        version=o.version,
    )


TABLE: Final = Table(
    name="appeals",
    row=AppealRow,
    key="appeal",
    folds={AppealFiled: _filed, AppealDecided: _decided},
    wants={AppealDecided: by("appeal")},
)
