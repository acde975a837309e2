"""The fold: what an account's state is after an outcome.

Nothing else makes state, and nothing here decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from events import ledger
from services.enforcement.state import (
    ACTS_MAX,
    CASE_FAILED_SIGNALS_MAX,
    CASE_FINDINGS_MAX,
    CASE_REPORTS_MAX,
    CASES_CLOSED_MAX,
    CLEARED_POSTS_MAX,
    EPISODES_MAX,
    REPORTS_RECENT_MAX,
    SANCTIONS_MAX,
    AccountState,
    Act,
    Case,
    CaseReport,
    Cleared,
    ClosedCase,
    Episode,
    FiledReport,
    Priced,
    Proposal,
    Sanction,
)

UNTRACKED_SANCTIONS: Final = frozenset({"warning"})
"""Told once and over: a warning is on record as the act that counts as one, not as something in force."""


def evolve(state: AccountState, outcome: ledger.Outcome) -> AccountState:
    """The state after one outcome."""
    return _FOLDS[type(outcome)](state, outcome)


def _unchanged(state: AccountState, _: Any) -> AccountState:
    return state


def _account_noted(state: AccountState, o: ledger.AccountNoted) -> AccountState:
    return replace(
        state,
        account_kind=state.account_kind if o.account_kind is None else o.account_kind,
        registered_at=o.effective_at if o.change == "registered" else state.registered_at,
        closed=state.closed or o.change == "closed",
        own_domains=state.own_domains if o.own_domains is None else o.own_domains,
        own_emails=state.own_emails if o.own_emails is None else o.own_emails,
        own_phones=state.own_phones if o.own_phones is None else o.own_phones,
    )


def _merit_noted(state: AccountState, _: ledger.MeritNoted) -> AccountState:
    return replace(state, merits=state.merits + 1)


def _finding_noted(state: AccountState, o: ledger.FindingNoted) -> AccountState:
    if o.effect != "folded" or not state.episodes:
        return state
    last = state.episodes[-1]
    return replace(state, episodes=(*state.episodes[:-1], replace(last, folded=last.folded + 1)))


def _post_changed(state: AccountState, o: ledger.PostChanged) -> AccountState:
    acts = tuple(
        replace(act, revision=max(act.revision, o.revision)) if act.act == o.act else act
        for act in state.acts
    )
    return replace(state, acts=acts)


def _notice_noted(state: AccountState, o: ledger.NoticeNoted) -> AccountState:
    if o.episode is None:
        return state
    episodes = tuple(
        replace(episode, noticed_at=o.effective_at)
        if episode.id == o.episode and (episode.noticed_at is None or o.effective_at < episode.noticed_at)
        else episode
        for episode in state.episodes
    )
    return replace(state, episodes=episodes)


def _strike_issued(state: AccountState, o: ledger.StrikeIssued) -> AccountState:
    act = Act(
        strike=o.strike,
        act=o.act,
        guideline=o.guideline,
        case=o.case,
        prices=(Priced(o.effective_at, o.severity, o.price, o.raised),),
        counts_as=o.counts_as,
        warning_first=o.warning_first,
        episode=o.episode,
        occurred_at=o.occurred_at,
        issued_at=o.effective_at,
        policy_version=o.policy_version,
        post=o.post,
        revision=o.revision or 0,
        confirmed_at=o.effective_at if o.confirmed else None,
        confirmed_policy=o.policy_version if o.confirmed else None,
        confirmed_by=o.actor.id if o.confirmed else None,
        by_person=o.actor.kind == "person",
    )
    episodes = state.episodes
    if o.episode_opened:
        episodes = (*episodes, Episode(o.episode, o.effective_at, o.told_by))[-EPISODES_MAX:]
    episodes = tuple(
        replace(episode, acts=episode.acts + 1, lapsed=False) if episode.id == o.episode else episode
        for episode in episodes
    )
    state = _make_room(state) if len(state.acts) >= ACTS_MAX else state
    return replace(
        state,
        acts=(*state.acts, act),
        episodes=episodes,
        total_strikes=state.total_strikes + (o.counts_as == "strike"),
        version=state.version + 1,
    )


def _make_room(state: AccountState) -> AccountState:
    """Drop the oldest act that no longer matters; of one that stood, remember that it was."""
    for index, act in enumerate(state.acts):
        if act.survives and not act.expired:
            continue
        past_s1 = state.past_s1
        past_act_at = state.past_act_at
        if act.survives:
            past_act_at = act.issued_at if past_act_at is None else max(past_act_at, act.issued_at)
            if act.severity == 1 and act.guideline not in past_s1:
                past_s1 = (*past_s1, act.guideline)
        acts = (*state.acts[:index], *state.acts[index + 1 :])
        return replace(state, acts=acts, past_s1=past_s1, past_act_at=past_act_at)
    return state


def _with_act(state: AccountState, strike: str, change: Callable[[Act], Act]) -> AccountState:
    acts = tuple(change(act) if act.strike == strike else act for act in state.acts)
    return replace(state, acts=acts, version=state.version + 1)


def _strike_amended(state: AccountState, o: ledger.StrikeAmended) -> AccountState:
    def amended(act: Act) -> Act:
        priced = Priced(o.effective_at, o.severity, o.price, o.raised)
        if o.because == "revision":
            prices = (*act.prices, priced)
        elif o.because == "warning_moved":
            prices = act.prices
        else:
            prices = (replace(priced, at=act.issued_at),)
        return replace(
            act,
            guideline=o.guideline,
            case=o.case,
            prices=prices,
            counts_as=o.counts_as,
            revision=act.revision if o.revision is None else o.revision,
            version=act.version + 1,
        )

    before = next((act.counts_as for act in state.acts if act.strike == o.strike), o.counts_as)
    total = state.total_strikes + (o.counts_as == "strike") - (before == "strike")
    return replace(_with_act(state, o.strike, amended), total_strikes=total)


def _strike_confirmed(state: AccountState, o: ledger.StrikeConfirmed) -> AccountState:
    return _with_act(
        state,
        o.strike,
        lambda act: replace(
            act,
            confirmed_at=o.effective_at,
            confirmed_policy=o.policy_version,
            confirmed_by=o.actor.id,
            version=act.version + 1,
        ),
    )


def _strike_removed(state: AccountState, o: ledger.StrikeRemoved) -> AccountState:
    return _with_act(state, o.strike, lambda act: replace(act, status=o.status, version=act.version + 1))


def _strike_expired(state: AccountState, o: ledger.StrikeExpired) -> AccountState:
    return _with_act(state, o.strike, lambda act: replace(act, expired=True, version=act.version + 1))


def _episode_lapsed(state: AccountState, o: ledger.EpisodeLapsed) -> AccountState:
    episodes = tuple(replace(e, lapsed=True) if e.id == o.episode else e for e in state.episodes)
    return replace(state, episodes=episodes, version=state.version + 1)


def _sanction_imposed(state: AccountState, o: ledger.SanctionImposed) -> AccountState:
    if o.sanction_kind in UNTRACKED_SANCTIONS:
        return replace(state, version=state.version + 1)
    sanction = Sanction(
        o.sanction,
        o.sanction_kind,
        o.origin,
        o.starts_at,
        o.ends_at,
        o.decision,
        o.rung,
        o.strikes,
        o.content_action,
        o.post,
    )
    sanctions = state.sanctions
    if len(sanctions) >= SANCTIONS_MAX:
        content = next((i for i, s in enumerate(sanctions) if s.kind == "content_removal"), 0)
        sanctions = (*sanctions[:content], *sanctions[content + 1 :])
    return replace(state, sanctions=(*sanctions, sanction), version=state.version + 1)


def _sanction_amended(state: AccountState, o: ledger.SanctionAmended) -> AccountState:
    sanctions = tuple(
        replace(
            s,
            ends_at=o.ends_at,
            content_action=s.content_action if o.content_action is None else o.content_action,
            version=s.version + 1,
        )
        if s.id == o.sanction
        else s
        for s in state.sanctions
    )
    return replace(state, sanctions=sanctions, version=state.version + 1)


def _sanction_lifted(state: AccountState, o: ledger.SanctionLifted) -> AccountState:
    sanctions = tuple(s for s in state.sanctions if s.id != o.sanction)
    return replace(state, sanctions=sanctions, version=state.version + 1)


def _termination_proposed(state: AccountState, o: ledger.TerminationProposed) -> AccountState:
    proposal = Proposal(o.proposal, o.proposer, o.because, o.effective_at)
    return replace(state, proposal=proposal, version=state.version + 1)


def _termination_settled(state: AccountState, o: ledger.TerminationSettled) -> AccountState:
    proposal = state.proposal
    confirmed = None if proposal is None else replace(proposal, confirmed=True)
    stands = confirmed if o.result == "confirmed" else None
    return replace(state, proposal=stands, version=state.version + 1)


def _report_noted(state: AccountState, o: ledger.ReportNoted) -> AccountState:
    if o.result == "withdrawn":
        return state
    filed = FiledReport(
        o.report, o.subject_account, o.post, o.revision, o.effective_at, o.result == "forwarded"
    )
    return replace(state, filed=(*state.filed, filed)[-REPORTS_RECENT_MAX:])


def _report_folded(state: AccountState, o: ledger.ReportFolded) -> AccountState:
    def folded(case: Case) -> Case:
        reports = tuple(r for r in case.reports if r.report != o.report)
        if not o.withdrawn:
            reports = (*reports, CaseReport(o.report, o.reporter, o.by_email))[:CASE_REPORTS_MAX]
        return replace(case, reports=reports)

    return _with_case(state, o.case, folded)


def _reporter_muted(state: AccountState, o: ledger.ReporterMuted) -> AccountState:
    return replace(state, reporter_muted=o.muted, reporter_muted_until=o.until, version=state.version + 1)


def _case_opened(state: AccountState, o: ledger.CaseOpened) -> AccountState:
    case = Case(o.case, o.subject, o.case_kind, o.effective_at, urgent=o.urgent)
    return replace(state, cases=(*state.cases, case))


def _with_case(state: AccountState, case_id: str, change: Callable[[Case], Case]) -> AccountState:
    return replace(state, cases=tuple(change(case) if case.id == case_id else case for case in state.cases))


def _case_updated(state: AccountState, o: ledger.CaseUpdated) -> AccountState:
    def updated(case: Case) -> Case:
        strikes = case.strikes
        if o.strike is not None and o.strike not in strikes:
            strikes = (*strikes, o.strike)[-CASE_FINDINGS_MAX:]
        findings = case.findings
        if o.finding is not None:
            findings = (*findings, o.finding)[-CASE_FINDINGS_MAX:]
        failed = case.failed_signals
        if o.failed_signal is not None:
            failed = (*failed, o.failed_signal)[-CASE_FAILED_SIGNALS_MAX:]
        return replace(
            case,
            version=o.version,
            urgent=case.urgent or o.escalated is True,
            strikes=strikes,
            findings=findings,
            failed_signals=failed,
        )

    return _with_case(state, o.case, updated)


def _case_closed(state: AccountState, o: ledger.CaseClosed) -> AccountState:
    cases = tuple(case for case in state.cases if case.id != o.case)
    closed = (*state.closed_cases, ClosedCase(o.case, o.version))[-CASES_CLOSED_MAX:]
    stuck = state.stuck and o.result != "redecided"
    return replace(state, cases=cases, closed_cases=closed, stuck=stuck)


def _post_cleared(state: AccountState, o: ledger.PostCleared) -> AccountState:
    cleared = tuple(item for item in state.cleared if item.post != o.post)
    return replace(state, cleared=(*cleared, Cleared(o.post, o.revision))[-CLEARED_POSTS_MAX:])


def _failed(state: AccountState, o: ledger.Failed) -> AccountState:
    return replace(state, stuck=state.stuck or o.at_tick)


_FOLDS: Final[dict[type, Callable[[AccountState, Any], AccountState]]] = {
    ledger.AccountNoted: _account_noted,
    ledger.MeritNoted: _merit_noted,
    ledger.FindingNoted: _finding_noted,
    ledger.PostChanged: _post_changed,
    ledger.NoticeNoted: _notice_noted,
    ledger.SanctionCarried: _unchanged,
    ledger.StrikeIssued: _strike_issued,
    ledger.StrikeAmended: _strike_amended,
    ledger.StrikeConfirmed: _strike_confirmed,
    ledger.StrikeRemoved: _strike_removed,
    ledger.StrikeExpired: _strike_expired,
    ledger.EpisodeLapsed: _episode_lapsed,
    ledger.SanctionImposed: _sanction_imposed,
    ledger.SanctionAmended: _sanction_amended,
    ledger.SanctionLifted: _sanction_lifted,
    ledger.TerminationProposed: _termination_proposed,
    ledger.TerminationSettled: _termination_settled,
    ledger.ReportNoted: _report_noted,
    ledger.ReportFolded: _report_folded,
    ledger.ReportSettled: _unchanged,
    ledger.ReporterMuted: _reporter_muted,
    ledger.CaseOpened: _case_opened,
    ledger.CaseUpdated: _case_updated,
    ledger.CaseClosed: _case_closed,
    ledger.PostCleared: _post_cleared,
    ledger.NoteAdded: _unchanged,
    ledger.Refused: _unchanged,
    ledger.Failed: _failed,
}
