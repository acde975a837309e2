"""The fold: what an account's state is after an outcome.

Nothing else makes state, and nothing here decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from events import ledger
from services.enforcement.evolve import (
    accounts,
    appeals,
    cases,
    identities,
    memory,
    referrals,
    reports,
    sanctions,
    strikes,
)
from services.enforcement.state import AccountState


def evolve(state: AccountState, outcome: ledger.Outcome) -> AccountState:
    """The state after one outcome."""
    return _FOLDS[type(outcome)](state, outcome)


def _unchanged(state: AccountState, _: Any) -> AccountState:
    return state


_FOLDS: Final[dict[type, Callable[[AccountState, Any], AccountState]]] = {
    ledger.AccountNoted: accounts.account_noted,
    ledger.MeritNoted: accounts.merit_noted,
    ledger.FindingNoted: _unchanged,
    ledger.PostChanged: accounts.post_changed,
    ledger.PostCleared: accounts.post_cleared,
    ledger.NoticeNoted: strikes.notice_noted,
    ledger.SanctionCarried: _unchanged,
    ledger.StrikeIssued: strikes.strike_issued,
    ledger.StrikeAmended: strikes.strike_amended,
    ledger.StrikeConfirmed: strikes.strike_confirmed,
    ledger.StrikeRemoved: strikes.strike_removed,
    ledger.StrikeExpired: strikes.strike_expired,
    ledger.EpisodeLapsed: strikes.episode_lapsed,
    ledger.SanctionImposed: sanctions.sanction_imposed,
    ledger.SanctionAmended: sanctions.sanction_amended,
    ledger.SanctionLifted: sanctions.sanction_lifted,
    ledger.TerminationProposed: sanctions.termination_proposed,
    ledger.TerminationSettled: sanctions.termination_settled,
    ledger.ReportNoted: reports.report_noted,
    ledger.ReportFolded: reports.report_folded,
    ledger.ReportSettled: reports.report_settled,
    ledger.ReporterMuted: reports.reporter_muted,
    ledger.CaseOpened: cases.case_opened,
    ledger.CaseUpdated: cases.case_updated,
    ledger.CaseClosed: cases.case_closed,
    ledger.NoteAdded: _unchanged,
    ledger.Refused: _unchanged,
    ledger.Failed: cases.failed,
    **memory.FOLDS,
    ledger.ProfileNoted: accounts.profile_noted,
    ledger.ProfileReminded: accounts.profile_reminded,
    ledger.MeritGivenNoted: accounts.merit_given_noted,
    ledger.PairNoted: identities.pair_noted,
    ledger.BarMetNoted: identities.bar_met_noted,
    ledger.NameNoted: identities.name_noted,
    ledger.LinkNoted: identities.link_noted,
    ledger.AppealFiled: appeals.appeal_filed,
    ledger.AppealDecided: appeals.appeal_decided,
    ledger.ReferralProposed: referrals.referral_proposed,
    ledger.ReferralOverdue: referrals.referral_overdue,
    ledger.ReferralSettled: referrals.referral_settled,
    ledger.MergeNoted: identities.merge_noted,
}
