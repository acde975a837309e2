"""What a person decides: each decision has one function here, and one that can't be carried out is refused.

A decision names the version of what it saw. Of two people at the same version the first one wins, and the
second one is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from events.capabilities import UNVERSIONED
from events.ledger import Refused
from events.signals import Decided
from services.enforcement.decisions import (
    appeals,
    cases,
    referrals,
    sanctions,
    separations,
    strikes,
    terminations,
)
from services.enforcement.decisions.refusals import Refusal, case_of, sanction_of, strike_of
from services.enforcement.draft import Draft

Handler = Callable[[Draft, Decided], None]
"""Carries one decision out. Raises `Refusal`."""


def decided(draft: Draft, decision: Decided, more: Mapping[str, Handler]) -> None:
    """Carry a decision out, or refuse it with nothing changed.

    `more` are decisions that need the whole of the account's decider.
    """
    before, outcomes, signals = draft.state, len(draft.outcomes), len(draft.signals)
    try:
        handler = _HANDLERS.get(decision.decision) or more.get(decision.decision)
        if handler is None:
            raise Refusal(
                "not_supported",
                f"decision `{decision.decision}` is not carried out by this build",
                "its contract is a draft; use another decision, or ask the community's staff to act by hand",
            )
        separations.check(draft, decision)
        _check_version(draft, decision)
        handler(draft, decision)
    except Refusal as refusal:
        draft.state = before
        del draft.outcomes[outcomes:], draft.signals[signals:]
        draft.note(
            Refused(
                decision.decision,
                refusal.code,
                refusal.message,
                refusal.remedy,
                draft.now,
                refusal.current_version,
            )
        )


def _check_version(draft: Draft, decision: Decided) -> None:
    current = _current_version(draft, decision)
    if decision.decision in UNVERSIONED:
        return
    if decision.version is None:
        if draft.signal.imported:
            return  # what is brought over from elsewhere has seen nothing here
        raise Refusal(
            "version_missing",
            f"the decision names no version of the {decision.target_kind} that it saw",
            f"look at it again, and send version {current} if you still decide so",
            current,
        )
    if decision.version != current:
        raise Refusal(
            "stale",
            f"the decision saw version {decision.version} of the {decision.target_kind}, now at {current}",
            "look at what changed, and decide again",
            current,
        )


def _current_version(draft: Draft, decision: Decided) -> int:
    if decision.target_kind == "strike":
        return strike_of(draft, decision).version
    if decision.target_kind == "sanction":
        return sanction_of(draft, decision).version
    if decision.target_kind == "case":
        return case_of(draft, decision).version
    return draft.state.version


def _by_target(**handlers: Handler) -> Handler:
    """The same word for different targets."""

    def handle(draft: Draft, decision: Decided) -> None:
        handler = handlers.get(decision.target_kind)
        if handler is None:
            raise Refusal(
                "invalid",
                f"`{decision.decision}` can't be decided about a {decision.target_kind}",
                f"name a {' or a '.join(handlers)} as its target",
            )
        handler(draft, decision)

    return handle


_HANDLERS: Final[dict[str, Handler]] = {
    "confirm": _by_target(strike=strikes.confirm, case=cases.confirm),
    "strike": strikes.strike,
    "overturn": _by_target(strike=strikes.overturn, sanction=sanctions.overturn),
    "reduce": _by_target(strike=strikes.reduce, sanction=sanctions.reduce),
    "waive": _by_target(strike=strikes.waive, sanction=sanctions.waive),
    "reclassify": _by_target(strike=strikes.reclassify),
    "dismiss": _by_target(case=cases.dismiss),
    "escalate": _by_target(case=cases.escalate),
    "note": _by_target(case=cases.note, account=cases.note_on_account),
    "sanction": sanctions.sanction,
    "lift": _by_target(sanction=sanctions.lift_by_hand),
    "extend": _by_target(sanction=sanctions.extend),
    "restore": sanctions.restore,
    "mute_reporter": sanctions.mute,
    "unmute_reporter": sanctions.unmute,
    "propose_termination": terminations.propose,
    "confirm_termination": terminations.confirm,
    "decide_appeal": appeals.decide_appeal,
    "propose_referral": _by_target(case=referrals.propose),
    "confirm_referral": _by_target(case=referrals.confirm),
}
