"""Who may not decide: without the capability that a decision needs, or in a matter of their own.

Held here, and so wherever a decision comes from; the API and the command line say it earlier.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from events.capabilities import DECIDE_PROTECTED, NEEDED, NEEDED_IN, RESTRICTING
from events.ids import post_act
from events.signals import Decided
from services.enforcement.decisions.refusals import Refusal
from services.enforcement.draft import Draft
from services.enforcement.ladder import survivors
from services.enforcement.state import AccountState, Act, Appeal, Case

ENDING: Final = frozenset({"propose_termination", "confirm_termination"})
"""What rests on the whole record."""


def check(draft: Draft, decision: Decided) -> None:
    """Raise `Refusal` where who decides isn't allowed to, or is involved."""
    acts = _acts(draft, decision)
    cases = _cases(draft, decision, acts)
    need(decision, NEEDED.get(decision.decision), f"`{decision.decision}`")
    for case in cases:
        need(decision, NEEDED_IN.get(case.kind), f"a case of kind `{case.kind}`")
    for kind in (kind for act in acts for kind in act.case_kinds):
        need(decision, NEEDED_IN.get(kind), f"what came of a case of kind `{kind}`")
    if draft.state.account_kind == "staff" and decision.decision in RESTRICTING:
        need(
            decision, DECIDE_PROTECTED, f"`{decision.decision}` about an account of the community's own staff"
        )
    if decision.actor_account is not None:
        if not acts and _rests_on_nothing(draft, decision):
            acts = survivors(draft.state.acts)
            cases += [case for case in _cases(draft, decision, acts) if case not in cases]
        _uninvolved(draft, decision, decision.actor_account, acts, cases)


def need(decision: Decided, capability: str | None, what: str) -> None:
    """Raise `Refusal` where who decides lacks the capability that this needs; None: it needs none."""
    if capability is not None and capability not in decision.capabilities:
        raise Refusal(
            "capability_missing",
            f"{what} needs the capability `{capability}`, which this decision's actor doesn't have",
            "leave it to somebody who has it, or have it granted (`goodstanding keys new`)",
        )


def involved(role: str) -> Refusal:
    """The refusal of a decision in a matter of one's own."""
    return Refusal(
        "involved",
        f"the person who decides is {role} in this matter",
        "leave it to somebody who has no part in it",
    )


def _uninvolved(draft: Draft, decision: Decided, own: str, acts: list[Act], cases: list[Case]) -> None:
    state = draft.state
    if own == state.account or own in state.links:
        raise involved("the account's own holder")
    if own == decision.other:
        raise involved("the other account's holder")
    subjects = {*(case.subject for case in cases), *(act.act for act in acts)}
    waiting = [(r.reporter, *r.linked) for case in cases for r in case.reports]
    answered = [(r.reporter, *r.linked) for r in state.answered if r.subject in subjects]
    if any(own in reporters for reporters in (*waiting, *answered)):
        raise involved("a reporter")
    if any(own in targets for targets in _targets(acts, cases)):
        raise involved("a target")


def _targets(acts: list[Act], cases: list[Case]) -> Iterable[tuple[str, ...]]:
    yield from (act.targets for act in acts)
    yield from (finding.targets for case in cases for finding in case.findings)


def _rests_on_nothing(draft: Draft, decision: Decided) -> bool:
    """Whether it is about a sanction that a person imposes or imposed by hand: for all that there is."""
    if _post(draft, decision) is not None:
        return False
    by_hand = decision.decision == "sanction" or decision.target_kind == "sanction"
    return by_hand or _appealed(draft.state, decision) is not None


def _acts(draft: Draft, decision: Decided) -> list[Act]:
    """The acts that a decision bears on; one about ending the membership, on all that still stand."""
    state = draft.state
    appeal = _appealed(state, decision)
    strikes: tuple[str, ...] = ()
    if decision.decision in ENDING or _about_termination(state, decision):
        return survivors(state.acts)
    if appeal is not None:
        strikes = appeal.strikes
    elif decision.target_kind == "strike":
        strikes = (decision.target,)
    elif decision.target_kind == "sanction":
        strikes = next((s.strikes for s in state.sanctions if s.id == decision.target), ())
    elif decision.target_kind == "case":
        strikes = next((case.strikes for case in state.cases if case.id == decision.target), ())
    post = _post(draft, decision)
    return [act for act in state.acts if act.strike in strikes or (post is not None and act.post == post)]


def _cases(draft: Draft, decision: Decided, acts: list[Act]) -> list[Case]:
    """The open cases that it answers or bears on."""
    post = _post(draft, decision)
    ending = decision.decision in ENDING
    subject = None if post is None else post_act(post)
    strikes = {act.strike for act in acts}
    return [
        case
        for case in draft.state.cases
        if case.id == decision.target
        or case.subject == subject
        or not strikes.isdisjoint(case.strikes)
        or (ending and case.kind == "termination")
    ]


def _about_termination(state: AccountState, decision: Decided) -> bool:
    """Whether it answers the case about a proposed termination."""
    return any(case.id == decision.target and case.kind == "termination" for case in state.cases)


def _appealed(state: AccountState, decision: Decided) -> Appeal | None:
    """The appeal that it answers, or that its case is."""
    return next((appeal for appeal in state.appeals if appeal.id == decision.target), None)


def _post(draft: Draft, decision: Decided) -> str | None:
    """The post that it is about; None: something else."""
    if decision.post is not None:
        return decision.post
    if decision.target_kind == "post":
        return decision.target
    state = draft.state
    appeal = _appealed(state, decision)
    about = decision.target if appeal is None else appeal.about
    over = (item.was for item in state.ended if item.was is not None)
    return next((s.post for s in (*state.sanctions, *over) if s.id == about), None)
