"""The table `referrals`: one row per referral to law enforcement. Only few may see it: `cases.restricted`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import ReferralOverdue, ReferralProposed, ReferralSettled
from projections.recorded import At, Placed, who
from projections.table import Rows, Table, by, placed


class ReferralRow(Placed, frozen=True, kw_only=True, gc=False):
    """A referral. `status` is `proposed`, `confirmed` or `dismissed`.

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
    proposed_at: datetime
    reason_ref: str | None
    review_by: datetime | None
    settled_by: str | None
    settled_at: datetime | None
    settled_reason_ref: str | None


def _proposed(rows: Rows[ReferralRow], o: ReferralProposed, at: At) -> None:
    row = ReferralRow(
        referral=o.referral,
        account=at.account,
        case_id=o.case,
        about=o.about,
        emergency=o.emergency,
        status="proposed",
        overdue=False,
        posts=o.posts,
        refs=o.refs,
        proposed_by=who(o.actor),
        proposed_at=o.effective_at,
        reason_ref=o.reason_ref,
        review_by=o.review_by,
        settled_by=None,
        settled_at=None,
        settled_reason_ref=None,
        **placed(at, o.effective_at),
    )
    rows.create(o.referral, row)


def _overdue(rows: Rows[ReferralRow], o: ReferralOverdue, at: At) -> None:
    rows.change(o.referral, at, o.effective_at, overdue=True)


def _settled(rows: Rows[ReferralRow], o: ReferralSettled, at: At) -> None:
    rows.change(
        o.referral,
        at,
        o.effective_at,
        status=o.result,
        settled_by=who(o.actor),
        settled_at=o.effective_at,
        settled_reason_ref=o.reason_ref,
    )


TABLE: Final = Table(
    name="referrals",
    row=ReferralRow,
    key="referral",
    folds={ReferralProposed: _proposed, ReferralOverdue: _overdue, ReferralSettled: _settled},
    wants={ReferralOverdue: by("referral"), ReferralSettled: by("referral")},
)
