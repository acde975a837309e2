"""The standing: a short summary of an account at an instant, the same size whatever its history."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import Standing
from events.policy import Policy
from services.enforcement.ladder import height, points, survivors, warnings
from services.enforcement.state import AccountState

RESTRICTIONS: Final = frozenset(
    {"posting_restriction", "link_restriction", "message_restriction", "report_restriction"}
)


def standing_of(state: AccountState, now: datetime, policy: Policy) -> Standing:
    """The summary of a state as it is in effect at `now`, under the policy in force."""
    acts = survivors(state.acts)
    active = confirmed = rung = strikes = warned_count = 0
    if acts:
        warned = warnings(state, acts)
        raise_at = policy.episode.acts_to_raise
        active = points(acts, warned, now, raise_at, confirmed=False).total
        confirmed = points(acts, warned, now, raise_at, confirmed=True).total
        rung = height(state, acts, now, policy).rung
        live = [act for act in acts if not act.expired]
        strikes = sum(1 for act in live if act.strike not in warned)
        warned_count = len(live) - strikes
    suspensions = [s.ends_at for s in state.sanctions if s.kind == "suspension"]
    ends = [end for end in suspensions if end is not None]
    return Standing(
        version=state.version,
        account_kind=state.account_kind,
        active_points=active,
        confirmed_points=confirmed,
        active_strikes=strikes,
        warnings=warned_count,
        total_strikes=state.total_strikes,
        rung=rung,
        suspended=bool(suspensions),
        suspended_until=max(ends) if suspensions and len(ends) == len(suspensions) else None,
        terminated=any(s.kind == "termination" for s in state.sanctions),
        termination_proposed=state.proposal is not None and not state.proposal.confirmed,
        restrictions=tuple(sorted({s.kind for s in state.sanctions if s.kind in RESTRICTIONS})),
        hidden_posts=sum(1 for s in state.sanctions if s.kind == "content_removal"),
        merits=state.merits,
        open_cases=len(state.cases),
        reporter_muted=state.reporter_muted,
    )
