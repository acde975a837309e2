"""Decisions about telling law enforcement: one person proposes, a second one confirms or turns it down.

A referral has a case of its own, which only few may see, and changes nothing about the account: no sanction,
no notice, not its standing. In an emergency one person tells at once, and the second looks afterwards, by a
time that the clock keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from events.capabilities import CONFIRM_REFERRALS
from events.ledger import ReferralProposed, ReferralResult, ReferralSettled
from events.signals import Decided
from services.enforcement.casework import close
from services.enforcement.decisions.refusals import Refusal, already_done, case_of
from services.enforcement.decisions.separations import need
from services.enforcement.draft import Draft
from services.enforcement.state import REFERRALS_OPEN_MAX, AccountState, Case, Referral

EMERGENCY: Final = "emergency"
REVIEW_WITHIN_H: Final = 24
"""How soon a second person is to look at what one person did in an emergency."""


def propose(draft: Draft, decision: Decided) -> None:
    """Put what a case is about before a second person, and hold the evidence."""
    case = case_of(draft, decision)
    if case.kind == "referral":
        raise Refusal("invalid", "the case is a referral itself", "confirm or dismiss it", case.version)
    if any(referral.about == case.id for referral in draft.state.referrals):
        raise already_done("a referral of this case awaits a second person already", case.version)
    if len(draft.state.referrals) >= REFERRALS_OPEN_MAX:
        raise Refusal(
            "invalid",
            f"{REFERRALS_OPEN_MAX} referrals of this account await a second person",
            "answer them first",
            case.version,
        )
    emergency = decision.outcome == EMERGENCY
    referral = draft.id("referral")
    done = "was made in an emergency: a second person looks at it" if emergency else "is proposed"
    opened, _ = draft.case_about(
        f"referral:{referral}", "referral", f"a referral to law enforcement {done}; confirm or dismiss it"
    )
    draft.note(
        ReferralProposed(
            referral,
            opened.id,
            case.id,
            emergency,
            tuple(_posts(draft.state, case)),
            tuple(dict.fromkeys(_refs(case, decision))),
            draft.signal.actor,
            decision.reason_ref,
            draft.now + timedelta(hours=REVIEW_WITHIN_H) if emergency else None,
            draft.now,
        )
    )


def _posts(state: AccountState, case: Case) -> Iterator[str]:
    """The posts that the case is about."""
    found = [finding.post for finding in case.findings]
    found += [act.post for act in state.acts if act.strike in case.strikes]
    if case.subject.startswith("post:"):
        found.append(case.subject.removeprefix("post:"))
    yield from sorted({post for post in found if post is not None})


def _refs(case: Case, decision: Decided) -> Iterator[str]:
    """Where the case's evidence is kept, as far as it is known here."""
    for finding in case.findings:
        if finding.evidence.content_ref is not None:
            yield finding.evidence.content_ref
    for report in case.reports:
        yield from report.refs
    if decision.reason_ref is not None:
        yield decision.reason_ref


def confirm(draft: Draft, decision: Decided) -> None:
    """A second person confirms; of an emergency's, that it was right."""
    case = case_of(draft, decision)
    settle(draft, _second(draft, case), case, "confirmed", decision)


def dismiss(draft: Draft, case: Case, decision: Decided) -> None:
    """It is turned down, and the evidence let go; of an emergency's, it should not have been made."""
    need(decision, CONFIRM_REFERRALS, "turning a referral down")
    referral = _of(draft.state, case)
    if referral.emergency:
        referral = _second(draft, case)
    settle(draft, referral, case, "dismissed", decision)


def settle(draft: Draft, referral: Referral, case: Case, result: ReferralResult, decision: Decided) -> None:
    """Record the answer, and close the referral's case."""
    actor, reason_ref = draft.signal.actor, decision.reason_ref
    draft.note(ReferralSettled(referral.id, result, actor, reason_ref, draft.now))
    close(draft, case, result, reason_ref, None)


def _second(draft: Draft, case: Case) -> Referral:
    referral = _of(draft.state, case)
    if referral.proposer.id == draft.signal.actor.id:
        raise Refusal(
            "second_person_needed",
            "who made the referral may not answer it",
            "have a second person look",
            case.version,
        )
    return referral


def _of(state: AccountState, case: Case) -> Referral:
    for referral in state.referrals:
        if referral.case == case.id:
            return referral
    raise Refusal(
        "unknown_target",
        f"case `{case.id}` is no referral that awaits a second person",
        "name the case that the referral opened",
        case.version,
    )
