"""Decisions about strikes: confirming, issuing, overturning, waiving, reducing, reclassifying."""

from __future__ import annotations

from typing import Final

from events.ids import post_act
from events.ledger import Detection, RemovalStatus, StrikeConfirmed
from events.signals import Decided
from services.enforcement.casework import close, close_cases_of, correct_answers
from services.enforcement.decisions.refusals import Refusal, already_done, surviving_of
from services.enforcement.draft import Draft, find_case, notice_of
from services.enforcement.ladder import Height, survivors
from services.enforcement.sanctioning import climb, hide, refold, restore_post, standing_height
from services.enforcement.state import Act
from services.enforcement.striking import (
    Violation,
    amend,
    clear_post,
    find_act,
    issue,
    remove,
    reprice,
    violation_notice,
)

BY_PERSON: Final = Detection("own_initiative", automated_detection=False, automated_decision=False)
BY_REPORT: Final = Detection("report", automated_detection=False, automated_decision=False)
FOUND_BY_RULE: Final = Detection("own_initiative", automated_detection=True, automated_decision=False)


def confirm(draft: Draft, decision: Decided) -> None:
    """A person stands behind a strike as it is now."""
    before = standing_height(draft)
    act = surviving_of(draft, decision)
    if act.confirmed_at is not None:
        raise already_done("the strike is confirmed already", act.version)
    confirm_strike(draft, act)
    close_cases_of(draft, act.strike, "confirmed", decision.reason_ref)
    climb_by_hand(draft, before, decision)


def confirm_strike(draft: Draft, act: Act) -> None:
    """Note it, unless it is confirmed as it is."""
    if act.confirmed_at is None:
        draft.note(StrikeConfirmed(act.strike, draft.signal.actor, draft.now, draft.policy.version))


def climb_by_hand(draft: Draft, before: Height, decision: Decided) -> None:
    """Climb the ladder after a person's decision."""
    acts = survivors(draft.state.acts)
    if not acts:
        return
    found_by = BY_PERSON if acts[-1].by_person else FOUND_BY_RULE
    facts = "active points rose with this decision"
    climb(
        draft,
        before,
        lambda: notice_of(draft, acts[-1].guideline, facts, found_by, reason_ref=decision.reason_ref),
    )


def put_on_record(draft: Draft, violation: Violation) -> None:
    """A person's strike for an act: a new one, or the act's own one, made worse if it is, and confirmed."""
    act = find_act(draft.state, violation.act)
    if act is None or not act.survives:
        act = issue(draft, violation)
    else:
        if violation.severity > act.severity:
            amend(draft, act, violation)
        act = find_act(draft.state, violation.act) or act
        confirm_strike(draft, act)
    if violation.post is not None:
        case = violation.pricing.case(violation.guideline, violation.case)
        action = "none" if case is None else case.content
        notice = violation_notice(draft, violation)
        actor = draft.signal.actor
        hide(draft, violation.post, violation.revision or 1, action, notice, actor, (act.strike,))


def violation_by_hand(
    draft: Draft, decision: Decided, subject: str = "", detection: Detection = BY_PERSON
) -> Violation:
    """What a person found, as the policy in force prices it. `subject`: that of the case that it answers."""
    case = draft.policy.case(decision.guideline or "", decision.case or "")
    if case is None:
        raise Refusal(
            "invalid",
            f"the policy in force has no case `{decision.case}` under guideline `{decision.guideline}`",
            "see `goodstanding policy show` for the guidelines and their cases",
        )
    severity = decision.severity or case.severity
    if severity == 0:
        raise Refusal(
            "invalid",
            f"case `{case.id}` has no severity, so nothing can be struck for it",
            "name a severity, or another case",
        )
    post = decision.post
    if post is None and subject.startswith("post:"):
        post = subject.removeprefix("post:")
    occurred_at = decision.act_at or draft.signal.occurred_at
    return Violation(
        act=f"decision:{draft.signal.id}" if post is None else post_act(post),
        post=post,
        revision=decision.revision or (None if post is None else 1),
        guideline=decision.guideline or "",
        case=case.id,
        severity=severity,
        occurred_at=min(occurred_at, draft.signal.received_at),
        evidence=None,
        pricing=draft.policy,
        detection=detection,
        facts=f"a person found: {case.title.lower()}",
        confirmed=True,
        reason_ref=decision.reason_ref,
    )


def strike(draft: Draft, decision: Decided) -> None:
    """Put an act on the record; where a rule has done so, stand behind it, as worse if it is."""
    before = standing_height(draft)
    violation = violation_by_hand(draft, decision)
    act = find_act(draft.state, violation.act)
    known = act is not None and act.survives and act.confirmed_at is not None
    if act is not None and known and violation.severity <= act.severity:
        raise Refusal(
            "already_done",
            f"the post has a confirmed strike of severity s{act.severity} already",
            "one act, one strike: reclassify that strike instead",
            draft.state.version,
        )
    put_on_record(draft, violation)
    case = find_case(draft.state, violation.act)
    if case is not None:
        close(draft, case, "confirmed", decision.reason_ref, "upheld")
    climb_by_hand(draft, before, decision)


def overturn(draft: Draft, decision: Decided) -> None:
    """A strike was wrong."""
    act = surviving_of(draft, decision)
    fall(draft, [act], "overturned", decision.reason_ref)
    close_cases_of(draft, act.strike, "overturned", decision.reason_ref)


def waive(draft: Draft, decision: Decided) -> None:
    """A strike was right, and is let go."""
    act = surviving_of(draft, decision)
    fall(draft, [act], "waived", decision.reason_ref)
    close_cases_of(draft, act.strike, "settled", decision.reason_ref)


def fall(draft: Draft, acts: list[Act], status: RemovalStatus, reason_ref: str | None) -> None:
    """Strikes fall, their content comes back, and what they had led to is refolded: all in this one entry."""
    if status == "overturned":
        for act in acts:
            correct_answers(draft, act.act)
    take_off(draft, acts, status, reason_ref)


def take_off(draft: Draft, acts: list[Act], status: RemovalStatus, reason_ref: str | None) -> None:
    """The same, where reporters have been told already."""
    actor = draft.signal.actor
    for act in acts:
        remove(draft, act, status, actor, reason_ref)
    for act in acts:
        if act.post is not None and status == "overturned":
            restore_post(draft, act.post, "overturned", actor, reason_ref)
            clear_post(draft, act.post, act.revision, actor)
    refold(draft, actor, reason_ref)


def reduce(draft: Draft, decision: Decided) -> None:
    """A strike was less severe. It costs what the policy that it was issued under says of that."""
    lessen(draft, surviving_of(draft, decision), decision)


def lessen(draft: Draft, act: Act, decision: Decided) -> None:
    """Reduce a strike to the severity that a decision names. Raises `Refusal` where that isn't below it."""
    severity = decision.severity or 0
    if not 1 <= severity < act.severity:
        raise Refusal(
            "invalid",
            f"severity s{severity} is not below the strike's s{act.severity}",
            "name a lower severity, or reclassify the strike",
            act.version,
        )
    pricing = draft.context.policies[act.prices[0].policy]
    reprice(draft, act, "reduced", act.guideline, act.case, severity, pricing)
    refold(draft, draft.signal.actor, decision.reason_ref)


def reclassify(draft: Draft, decision: Decided) -> None:
    """A strike stands, for something else: where that is worse, from now on. A person stands behind it."""
    before = standing_height(draft)
    act = surviving_of(draft, decision)
    guideline = decision.guideline or ""
    case = draft.policy.case(guideline, decision.case or "")
    severity = decision.severity or (0 if case is None else case.severity)
    if case is None or severity == 0:
        raise Refusal(
            "invalid",
            f"the policy in force prices no case `{decision.case}` under guideline `{decision.guideline}`",
            "name a case with a severity, or waive the strike",
            act.version,
        )
    facts = f"a person found: {case.title.lower()}"
    notice = notice_of(draft, guideline, facts, BY_PERSON, reason_ref=decision.reason_ref)
    reprice(draft, act, "reclassified", guideline, case.id, severity, draft.policy, notice)
    confirm_strike(draft, next(a for a in draft.state.acts if a.strike == act.strike))
    close_cases_of(draft, act.strike, "confirmed", decision.reason_ref)
    refold(draft, draft.signal.actor, decision.reason_ref)
    climb_by_hand(draft, before, decision)
