"""What reports weigh, and how many persons they come from. Weights are in thousandths."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from events.policy import Policy
from services.enforcement.state import AccountState, CaseReport, Giver

THOUSAND: Final = 1_000


def report_weight(state: AccountState, now: datetime, policy: Policy) -> int:
    """What a report of this account weighs: nothing while it is suspended; never less than nothing.

    Merits and reports that were upheld add to it, up to a limit; reports that a person found manifestly
    unfounded take away. That others were dismissed in good faith changes nothing.
    """
    if any(s.kind in ("suspension", "termination") for s in state.sanctions):
        return 0
    rules = policy.report_weights
    new = state.registered_at is not None and now - state.registered_at < timedelta(
        days=policy.new_account_days
    )
    weight = rules.new_account if new else policy.reports.weight
    if state.reports_upheld or state.givers:
        earned = rules.upheld * state.reports_upheld + rules.merit * _merits(state, policy) // THOUSAND
        weight += min(earned, rules.bonus_max)
    if state.misuses:
        weight -= rules.unfounded * len(recent_misuses(state, now, policy))
    return max(weight, 0)


def _merits(state: AccountState, policy: Policy) -> int:
    """Merits in thousandths: so many of one account at most, and less where praise was given in return."""
    most = policy.merits.of_one_max
    return sum(min(giver.merits, most) * _share(giver, state, policy) for giver in state.givers)


def _share(giver: Giver, state: AccountState, policy: Policy) -> int:
    """What is left of praise, in thousandths: nothing of one's own, less of what was given in return."""
    if giver.account in state.links:
        return 0
    return policy.merits.returned if giver.account in state.given else THOUSAND


def standing_merits(state: AccountState, policy: Policy) -> int:
    """The merits that the standing shows: whole ones, without praise of one's own or in return."""
    if not state.givers or not (state.given or state.links):
        return state.merits
    shares = ((giver.merits, _share(giver, state, policy)) for giver in state.givers)
    return state.merits - sum(merits - merits * share // THOUSAND for merits, share in shares)


def recent_misuses(state: AccountState, now: datetime, policy: Policy) -> tuple[datetime, ...]:
    """When reports of this account were found manifestly unfounded, of late."""
    since = now - timedelta(days=policy.report_weights.misuse_days)
    return tuple(at for at in state.misuses if at > since)


def persons(reports: Iterable[CaseReport]) -> list[int]:
    """For each person that reported, what the heaviest of their reports weighs.

    Accounts that were linked, by a person, with each other or with one and the same third, are one person.
    """
    group: dict[str, str] = {}

    def head(account: str) -> str:
        while (above := group.setdefault(account, account)) != account:
            account = above
        return account

    held = list(reports)
    for report in held:
        for other in report.linked:
            one, two = sorted((head(report.reporter), head(other)))
            group[two] = one
    heaviest: dict[str, int] = {}
    for report in held:
        person = head(report.reporter)
        heaviest[person] = max(heaviest.get(person, 0), report.weight)
    return list(heaviest.values())
