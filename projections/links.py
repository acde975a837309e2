"""The table `links`: what persons found about whether two accounts are one person's, from each one's side."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import LinkNoted, MergeNoted
from events.signals import Actor
from projections.recorded import At, Placed, who
from projections.table import Rows, Table, placed


class LinkRow(Placed, frozen=True, kw_only=True, gc=False):
    """What was said last of `account` and `other`. `link` names both; every word on them makes the row anew.

    `status` is `linked` (one person's), `apart` (not), `merged_into` (the record goes on at the other one) or
    `merged_from` (the other one's goes on here); `strikes` are those that went along, by their ids at the
    former account.
    """

    link: str
    account: str
    other: str
    status: str
    strikes: tuple[str, ...]
    decided_by: str
    decided_at: datetime
    reason_ref: str | None


def _linked(rows: Rows[LinkRow], o: LinkNoted, at: At) -> None:
    status = "linked" if o.linked else "apart"
    _put(rows, at, o.other, status, (), o.actor, o.reason_ref, o.effective_at)


def _merged(rows: Rows[LinkRow], o: MergeNoted, at: At) -> None:
    if o.merged:
        status = "merged_into" if o.into else "merged_from"
        _put(rows, at, o.other, status, o.strikes, o.actor, o.reason_ref, o.effective_at)


def _put(
    rows: Rows[LinkRow],
    at: At,
    other: str,
    status: str,
    strikes: tuple[str, ...],
    actor: Actor,
    reason_ref: str | None,
    effective_at: datetime,
) -> None:
    link = f"{at.account} {other}"
    row = LinkRow(
        link=link,
        account=at.account,
        other=other,
        status=status,
        strikes=strikes,
        decided_by=who(actor),
        decided_at=effective_at,
        reason_ref=reason_ref,
        **placed(at, effective_at),
    )
    rows.put(link, row)


TABLE: Final = Table(
    name="links",
    row=LinkRow,
    key="link",
    folds={LinkNoted: _linked, MergeNoted: _merged},
    wants={},
    whole=True,
)
