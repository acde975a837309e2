"""The standing: a short summary of an account at an instant, the same size whatever its history."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import Standing
from events.policy import Policy
from services.enforcement.ladder import confirmed, every, height_of, points, survivors
from services.enforcement.state import AccountState
from services.enforcement.weighing import standing_merits

RESTRICTIONS: Final = frozenset(
    {"posting_restriction", "link_restriction", "message_restriction", "report_restriction"}
)
UNSEEN_CASES: Final = frozenset({"referral"})
"""Kinds of cases that a standing doesn't count: it is told to the platform, and so maybe to the account."""
NO_STANDING: Final = Standing(
    version=0,
    account_kind=None,
    active_points=0,
    confirmed_points=0,
    active_strikes=0,
    warnings=0,
    total_strikes=0,
    rung=0,
    suspended=False,
    suspended_until=None,
    terminated=False,
    termination_proposed=False,
    restrictions=(),
    hidden_posts=0,
    merits=0,
    open_cases=0,
    reporter_muted=False,
)
"""That of what is no account: only its questions are counted."""


def standing_of(state: AccountState, now: datetime, policy: Policy) -> Standing:
    """The summary of a state as it is in effect at `now`, under the policy in force."""
    acts = survivors(state.acts)
    active = sure = rung = strikes = warned = 0
    if acts:
        fold, sure_fold = every(state, acts, now), confirmed(state, acts, now)
        by_all, by_persons = points(fold, now), points(sure_fold, now)
        active, sure = by_all.total, by_persons.total
        rung = height_of(by_all, sure_fold, by_persons, policy).rung
        live = [act for act in acts if (end := act.expires_at) is None or now < end]
        warned = sum(1 for act in live if act.strike in fold.warned)
        strikes = len(live) - warned
    kinds = {s.kind for s in state.sanctions}
    suspensions = [s.ends_at for s in state.sanctions if s.kind == "suspension"]
    ends = [end for end in suspensions if end is not None]
    return Standing(
        version=state.version,
        account_kind=state.account_kind,
        active_points=active,
        confirmed_points=sure,
        active_strikes=strikes,
        warnings=warned,
        total_strikes=state.total_strikes,
        rung=rung,
        suspended=bool(suspensions),
        suspended_until=max(ends) if suspensions and len(ends) == len(suspensions) else None,
        terminated="termination" in kinds,
        termination_proposed=state.proposal is not None and not state.proposal.confirmed,
        restrictions=tuple(sorted(kinds & RESTRICTIONS)),
        hidden_posts=len({s.post for s in state.sanctions if s.kind == "content_removal"}),
        merits=standing_merits(state, policy),
        open_cases=sum(1 for case in state.cases if case.kind not in UNSEEN_CASES),
        reporter_muted=state.reporter_muted or any(s.origin == "mute" for s in state.sanctions),
        profile_missing=state.profile_missing,
    )
