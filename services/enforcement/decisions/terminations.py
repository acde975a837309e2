"""Decisions about ending a membership: one person proposes, a second one confirms."""

from __future__ import annotations

from events.ledger import SanctionImposed, TerminationSettled
from events.signals import Decided
from services.enforcement.barring import bar
from services.enforcement.casework import close
from services.enforcement.decisions.refusals import Refusal
from services.enforcement.decisions.strikes import BY_PERSON
from services.enforcement.draft import Draft, find_case, notice_of
from services.enforcement.ladder import survivors
from services.enforcement.sanctioning import lift, propose_termination, termination_subject


def propose(draft: Draft, decision: Decided) -> None:
    """A person proposes termination."""
    if draft.state.proposal is not None:
        raise Refusal(
            "already_done",
            "a termination is proposed or confirmed already",
            "decide that one",
            draft.state.version,
        )
    guideline, reason_ref = decision.guideline or "", decision.reason_ref
    notice = notice_of(draft, guideline, "termination was proposed", BY_PERSON, reason_ref=reason_ref)
    propose_termination(draft, "person", notice)


def confirm(draft: Draft, decision: Decided) -> None:
    """A second person confirms: what held the account gives way to the termination."""
    actor = draft.signal.actor
    proposal = draft.state.proposal
    if proposal is None or proposal.confirmed:
        raise Refusal("unknown_target", "no termination is proposed", "propose it first", draft.state.version)
    if proposal.proposer.id == actor.id:
        raise Refusal(
            "second_person_needed",
            "who decided what led to the proposal may not confirm it",
            "have a second person confirm",
            draft.state.version,
        )
    held = [s for s in draft.state.sanctions if s.origin == "termination_proposal"]
    draft.note(TerminationSettled(proposal.id, "confirmed", actor, draft.now))
    acts = survivors(draft.state.acts)
    guideline, reason_ref = acts[-1].guideline if acts else "", decision.reason_ref
    draft.note(
        SanctionImposed(
            sanction=draft.sanction_id("termination"),
            sanction_kind="termination",
            origin="termination_proposal",
            starts_at=draft.now,
            ends_at=None,
            rung=len(draft.policy.ladder),
            strikes=tuple(act.strike for act in acts if act.counts_as == "strike"),
            decision=draft.signal.id,
            actor=actor,
            notice=notice_of(draft, guideline, "termination was confirmed", BY_PERSON, reason_ref=reason_ref),
            effective_at=draft.now,
        )
    )
    for sanction in held:
        lift(draft, sanction, "replaced", actor, reason_ref)
    case = find_case(draft.state, termination_subject(draft.state))
    if case is not None:
        close(draft, case, "confirmed", reason_ref, None)
    bar(draft, proposal.id, draft.now, barred=True)
