"""Holding an account's posts while a person looks at who it is, and letting go once one has."""

from __future__ import annotations

from typing import Final

from events.ledger import CaseFinding, Detection, Evidence, SanctionImposed
from events.policy import Case as PolicyCase
from events.signals import Actor
from services.enforcement.draft import Draft, notice_of
from services.enforcement.sanctioning import lift
from services.enforcement.state import Case

GUIDELINE: Final = "one-account"
BARRED: Final = "barred:"
NAMED: Final = "name:"
LINK: Final = "link:"
ASKED_BY_RULE: Final = Detection("own_initiative", automated_detection=True, automated_decision=True)


def ask(
    draft: Draft, subject: str, case: PolicyCase, rule: str, reason: str, confidence: int, *, held: bool
) -> None:
    """Ask a person about the account, with a finding that they may confirm."""
    evidence = Evidence(rule, 1, "", confidence, (), "identity", reason, None, None)
    finding = CaseFinding(
        subject,
        None,
        None,
        GUIDELINE,
        case.id,
        case.severity,
        draft.signal.occurred_at,
        evidence,
        draft.policy.version,
    )
    urgent = case.urgent and held
    draft.add_to_case(subject, case.case_kind, reason, urgent=urgent, finding=finding)
    if held:
        hold(draft, case, rule, reason)


def hold(draft: Draft, case: PolicyCase, rule: str, facts: str) -> None:
    """Hold the account's posts until a person has looked, where the policy says so; not in an import."""
    held = any(s.kind == "posting_restriction" and s.origin == "rule" for s in draft.state.sanctions)
    if held or case.content == "none" or draft.signal.imported:
        return
    draft.note(
        SanctionImposed(
            sanction=draft.sanction_id("hold"),
            sanction_kind="posting_restriction",
            origin="rule",
            starts_at=draft.now,
            ends_at=None,
            rung=0,
            strikes=(),
            decision=draft.signal.id,
            actor=Actor("rule", rule),
            notice=notice_of(draft, GUIDELINE, facts, ASKED_BY_RULE),
            effective_at=draft.now,
            content_action=case.content,
        )
    )


def release(draft: Draft, case: Case) -> None:
    """A person has looked: what held the account until then is lifted, unless another such case is open."""
    if not case.subject.startswith((BARRED, NAMED)):
        return
    if any(open_case.subject.startswith((BARRED, NAMED)) for open_case in draft.state.cases):
        return
    for sanction in draft.state.sanctions:
        if sanction.kind == "posting_restriction" and sanction.origin == "rule":
            lift(draft, sanction, "dismissed", draft.signal.actor, None)
