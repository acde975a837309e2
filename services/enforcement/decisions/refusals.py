"""Why a decision is refused, and looking up what it is about: a target that isn't there is refused."""

from __future__ import annotations

from events.ids import carried_strike
from events.ledger import RefusalCode
from events.signals import Decided
from services.enforcement.draft import Draft
from services.enforcement.state import Act, Case, Sanction
from services.enforcement.striking import find_strike


class Refusal(Exception):
    """A decision has no effect: a `Refused` outcome. `current_version` is what it should have seen."""

    def __init__(
        self, code: RefusalCode, message: str, remedy: str, current_version: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.current_version = current_version


def already_done(message: str, version: int) -> Refusal:
    """The refusal of what would change nothing."""
    return Refusal("already_done", message, "nothing is left to do", version)


def strike_of(draft: Draft, decision: Decided) -> Act:
    """The strike that is decided about. Raises `Refusal` where the account has none such, or no longer."""
    into = draft.state.merged_into
    if into is not None and decision.target in into.strikes:
        raise Refusal(
            "not_allowed",
            f"the account's record goes on at account `{into.account}`, and this strike with it",
            f"decide about strike `{carried_strike(into.account, decision.target)}` there",
        )
    act = find_strike(draft.state, decision.target)
    if act is None:
        raise Refusal(
            "unknown_target",
            f"this account has no strike `{decision.target}` that can still be decided about",
            "look the strike up, and check that its account is the subject",
        )
    return act


def surviving_of(draft: Draft, decision: Decided) -> Act:
    """The same, where it still stands. Raises `Refusal` where it was removed already."""
    act = strike_of(draft, decision)
    if not act.survives:
        raise already_done(f"the strike is {act.status} already", act.version)
    return act


def sanction_of(draft: Draft, decision: Decided) -> Sanction:
    """The sanction that is decided about. Raises `Refusal` where none such is in force."""
    for sanction in draft.state.sanctions:
        if sanction.id == decision.target:
            return sanction
    raise Refusal(
        "unknown_target",
        f"this account has no sanction `{decision.target}` in force",
        "look the sanction up: it may have ended, or been lifted, or belong to another account",
    )


def case_of(draft: Draft, decision: Decided) -> Case:
    """The open case that is decided about. Raises `Refusal` where there is none such."""
    for case in draft.state.cases:
        if case.id == decision.target:
            return case
    for closed in draft.state.closed_cases:
        if closed.id == decision.target:
            raise Refusal(
                "stale", "the case has been answered already", "look at its outcome", closed.version
            )
    raise Refusal(
        "unknown_target",
        f"this account has no open case `{decision.target}`",
        "look the case up, and check that its account is the subject",
    )
