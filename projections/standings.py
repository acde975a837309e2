"""The table `standings`: one row per account, the summary that its last entry carries."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from projections.recorded import Placed, Recorded, account_of, effects
from projections.table import Table


class StandingRow(Placed, frozen=True, kw_only=True, gc=False):
    """An account's standing. `change` equals `sequence`: every entry makes the row anew."""

    account: str
    version: int
    account_kind: str | None
    active_points: int
    confirmed_points: int
    active_strikes: int
    warnings: int
    total_strikes: int
    rung: int
    suspended: bool
    suspended_until: datetime | None
    terminated: bool
    termination_proposed: bool
    restrictions: tuple[str, ...]
    hidden_posts: int
    merits: int
    open_cases: int
    reporter_muted: bool
    profile_missing: tuple[str, ...]
    policy_version: str


def standing_row(recorded: Recorded) -> StandingRow:
    """The row that an account's entry makes."""
    entry = recorded.entry
    standing = entry.standing
    return StandingRow(
        account=account_of(entry.entity),
        version=standing.version,
        account_kind=standing.account_kind,
        active_points=standing.active_points,
        confirmed_points=standing.confirmed_points,
        active_strikes=standing.active_strikes,
        warnings=standing.warnings,
        total_strikes=standing.total_strikes,
        rung=standing.rung,
        suspended=standing.suspended,
        suspended_until=standing.suspended_until,
        terminated=standing.terminated,
        termination_proposed=standing.termination_proposed,
        restrictions=standing.restrictions,
        hidden_posts=standing.hidden_posts,
        merits=standing.merits,
        open_cases=standing.open_cases,
        reporter_muted=standing.reporter_muted,
        profile_missing=standing.profile_missing,
        policy_version=entry.policy_version,
        change=entry.sequence,
        sequence=entry.sequence,
        partition=recorded.partition,
        ledger_offset=recorded.offset,
        recorded_at=entry.recorded_at,
        effective_at=effects(entry)[1],
    )


TABLE: Final = Table(name="standings", row=StandingRow, key="account", folds={}, wants={}, whole=True)
