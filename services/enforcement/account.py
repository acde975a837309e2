"""The account: the entity that holds strikes, sanctions, cases and standing.

`decide` says what follows from a signal, `evolve` folds it. A signal applied before, or one without effect,
leads to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from events.ledger import Outcome, Standing
from events.policy import Policy
from events.signals import (
    AccountChanged,
    AppealFiled,
    BarMet,
    CampaignFound,
    ContactBarred,
    ContactRefused,
    Decided,
    HostilitySighted,
    LinkDecided,
    MeritEarned,
    MeritGiven,
    NameMet,
    NoticeDelivered,
    PairShared,
    PostScreened,
    RecordCarried,
    RecordReturned,
    ReportAnswered,
    ReportFiled,
    ReportWeighed,
    ReportWithdrawn,
    SanctionReported,
    Signal,
    Tick,
)
from services.enforcement import (
    accounts,
    appeals,
    campaigns,
    decisions,
    harassment,
    links,
    merging,
    posts,
    reports,
)
from services.enforcement.casework import close
from services.enforcement.decider import Context, Decision
from services.enforcement.decisions import identities
from services.enforcement.decisions.refusals import Refusal, case_of
from services.enforcement.draft import Draft
from services.enforcement.due import deadlines, due, may_differ
from services.enforcement.evolve import evolve
from services.enforcement.seen import was_seen, with_seen
from services.enforcement.standing import standing_of
from services.enforcement.state import AccountState, decode_state

NOTHING: Final = Decision(())


class AccountDecider:
    """The decider of accounts."""

    prefix = "account"
    version = "account/4"

    def initial(self, entity: str) -> AccountState:
        """An account of which nothing is known."""
        return AccountState(entity)

    def decode(self, data: bytes) -> AccountState:
        """A state from the changelog."""
        return decode_state(data)

    def decide(self, state: AccountState, signal: Signal, context: Context) -> Decision:
        """What follows from a signal. Raises only where there is a fault in this code."""
        if was_seen(state.seen, signal.id):
            return NOTHING
        draft = Draft(state, signal, context)
        _dispatch(draft, signal)
        return draft.decision()

    def evolve(self, state: AccountState, outcome: Outcome) -> AccountState:
        """The state after an outcome."""
        return evolve(state, outcome)

    def applied(self, state: AccountState, signal: Signal, sequence: int) -> AccountState:
        """The state after the entry itself."""
        if type(signal.body) is Tick:
            return replace(state, sequence=sequence)
        return replace(state, sequence=sequence, seen=with_seen(state.seen, signal.id, signal.received_at))

    def deadlines(self, state: AccountState) -> tuple[datetime, ...]:
        """When the clock has something to do here; unordered."""
        return deadlines(state)

    def reschedules(self, before: AccountState, after: AccountState) -> bool:
        """Whether the deadlines of two states of an account can differ."""
        return may_differ(before, after)

    def standing(self, state: AccountState, now: datetime, policy: Policy) -> Standing:
        """The short summary that the entry carries."""
        return standing_of(state, now, policy)


def _dispatch(draft: Draft, signal: Signal) -> None:
    _HANDLERS[type(signal.body)](draft, signal.body)


def _tick(draft: Draft, tick: Tick) -> None:
    del tick  # what is due follows from the state and the partition's time
    due(draft)


def _decided(draft: Draft, decision: Decided) -> None:
    decisions.decided(draft, decision, _MORE)


def _redecide(draft: Draft, decision: Decided) -> None:
    """After a fault of ours was mended: what failed is decided again, as of now, and the case closes."""
    case = case_of(draft, decision)
    if case.kind != "failed":
        raise Refusal("invalid", "nothing failed in this case", "confirm or dismiss it instead", case.version)
    for signal in case.failed_signals:
        if not isinstance(signal.body, Tick):
            again = Draft(draft.state, signal, draft.context)
            _dispatch(again, signal)
            draft.state = again.state
            draft.outcomes.extend(again.outcomes)
            draft.signals.extend(again.signals)
    close(draft, case, "redecided", decision.reason_ref, None)


_MORE: Final[dict[str, decisions.Handler]] = {
    "redecide": _redecide,
    "link": identities.link,
    "unlink": identities.unlink,
    "merge": identities.merge,
}
_HANDLERS: Final[dict[type, Callable[[Draft, Any], None]]] = {
    PostScreened: posts.post_screened,
    AccountChanged: accounts.account_changed,
    MeritEarned: accounts.merit_earned,
    NoticeDelivered: accounts.notice_delivered,
    SanctionReported: accounts.sanction_reported,
    ReportFiled: reports.report_filed,
    ReportWeighed: reports.report_weighed,
    ReportWithdrawn: reports.report_withdrawn,
    ReportAnswered: reports.report_answered,
    Decided: _decided,
    Tick: _tick,
    CampaignFound: campaigns.campaign_found,
    HostilitySighted: harassment.hostility_sighted,
    ContactRefused: harassment.contact_refused,
    ContactBarred: harassment.contact_barred,
    MeritGiven: accounts.merit_given,
    PairShared: links.pair_shared,
    BarMet: links.bar_met,
    NameMet: links.name_met,
    LinkDecided: links.link_decided,
    AppealFiled: appeals.appeal_filed,
    RecordCarried: merging.record_carried,
    RecordReturned: merging.record_returned,
}

ACCOUNT: Final = AccountDecider()
