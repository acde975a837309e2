"""What was found in a post: which finding becomes the strike, what goes to a person.

What is only recorded.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from events.ids import post_act
from events.ledger import CaseFinding, Detection, FindingEffect, FindingNoted, PostChanged, SanctionLifted
from events.policy import Case as PolicyCase
from events.policy import Policy
from events.signals import Actor, Finding, Mode, PostScreened
from services.enforcement.draft import Draft, evidence_of, find_case, notice_of
from services.enforcement.sanctioning import climb, hide, standing_height
from services.enforcement.state import ACTS_MAX, EPISODE_ACTS_MAX, AccountState
from services.enforcement.striking import Violation, amend, find_act, issue

BY_RULE = Detection("own_initiative", automated_detection=True, automated_decision=True)
BY_RULE_FOR_REVIEW = Detection("own_initiative", automated_detection=True, automated_decision=False)


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A finding once the account is known: the case that applies, and what may be done about it."""

    finding: Finding
    case: PolicyCase
    mode: Mode

    @property
    def rank(self) -> tuple[int, int]:
        """The most severe first, then the surest."""
        return (self.case.severity, self.finding.confidence)


def post_screened(draft: Draft, post: PostScreened) -> None:
    """Decide about one revision of a post."""
    if post.change == "deleted":
        _deleted(draft, post)
        return
    pricing = draft.context.policies[draft.signal.policy_version]
    judged = [j for j in (judge(draft, finding, pricing) for finding in post.findings) if j is not None]
    if post.change == "edited":
        _edited(draft, post)
    before = standing_height(draft)
    _strike(draft, post, [j for j in judged if j.mode == "enforce" and j.case.severity > 0], pricing)
    for item in judged:
        if item.mode == "enforce" and item.case.severity == 0:
            _tell(draft, post, item, pricing)
        elif item.mode == "review":
            _review(draft, post, item, pricing)
        elif item.mode == "shadow":
            _note(draft, post, item, "shadow")
    if post.failed_rules:
        rules = ", ".join(f"`{rule}`" for rule in post.failed_rules)
        draft.add_to_case(
            post_act(post.post),
            "rule_failed",
            f"could not be checked: {rules} raised",
            failed_rules=post.failed_rules,
        )
    if draft.state.acts:
        act = find_act(draft.state, post_act(post.post))
        if act is not None:
            guideline, facts = act.guideline, "active points rose with this act"
            climb(draft, before, notice_of(draft, guideline, facts, BY_RULE, content_ref=post.content_ref))


def judge(draft: Draft, finding: Finding, pricing: Policy) -> Judged | None:
    """What a finding is, of this account.

    Conditional facts are resolved, and staff are looked at by a person.
    """
    case_id, mode = finding.case, finding.mode
    if finding.condition is not None and holds(draft, finding, pricing):
        case_id = finding.condition.case
    case = pricing.case(finding.guideline, case_id)
    if case is None or case.mode == "allowed":
        return None
    if case_id != finding.case and mode != "shadow":
        mode = case.mode_for(finding.confidence)
    if draft.state.account_kind == "staff" and mode == "enforce":
        mode = "review"
    return Judged(finding, case, mode)


def holds(draft: Draft, finding: Finding, pricing: Policy) -> bool:
    """Whether the fact that a finding hangs on is true of the account."""
    state, condition = draft.state, finding.condition
    if condition is None:
        return False
    if condition.fact == "own_domain":
        return condition.digest in state.own_domains
    if condition.fact == "own_email":
        return condition.digest in state.own_emails
    if condition.fact == "own_phone":
        return condition.digest in state.own_phones
    registered = state.registered_at
    return registered is not None and draft.signal.occurred_at - registered < timedelta(
        days=pricing.new_account_days
    )


def _deleted(draft: Draft, post: PostScreened) -> None:
    """The author took the post back: what is on record stays, and there is nothing left to hide."""
    act = post_act(post.post)
    hidden = [s for s in draft.state.sanctions if s.post == post.post and s.kind == "content_removal"]
    if find_act(draft.state, act) is None and not hidden and find_case(draft.state, act) is None:
        return
    draft.note(PostChanged(act, post.post, post.revision, "deleted", draft.now))
    for sanction in hidden:
        draft.note(
            SanctionLifted(
                sanction.id,
                sanction.kind,
                "post_deleted",
                sanction.decision,
                draft.signal.actor,
                None,
                draft.now,
                post=post.post,
            )
        )


def _edited(draft: Draft, post: PostScreened) -> None:
    act = post_act(post.post)
    record = find_act(draft.state, act)
    if (record is not None and post.revision > record.revision) or find_case(draft.state, act) is not None:
        draft.note(PostChanged(act, post.post, post.revision, "edited", draft.now))


def _strike(draft: Draft, post: PostScreened, found: list[Judged], pricing: Policy) -> None:
    """The most severe finding becomes the strike of the act; the others stand beside it."""
    if not found:
        return
    top = max(found, key=lambda j: j.rank)
    violation = _violation(draft, post, top, pricing)
    record = find_act(draft.state, violation.act)
    if record is not None and post.revision < record.revision:
        _note(draft, post, top, "beside")
        return
    if record is not None and not record.survives:
        _review(draft, post, top, pricing)
        return
    if record is not None:
        if top.case.severity <= record.severity:
            return
        amend(draft, record, violation)
        strike = record.strike
    elif _full(draft.state):
        _note(draft, post, top, "folded")
        strike = None
    else:
        strike = issue(draft, violation).strike
    for other in found:
        if other is not top:
            _note(draft, post, other, "beside")
    facts = notice_of(
        draft,
        top.finding.guideline,
        top.finding.reason,
        BY_RULE,
        content_ref=post.content_ref,
        pricing_version=pricing.version,
    )
    strikes = () if strike is None else (strike,)
    hide(draft, post.post, post.revision, top.case.content, facts, Actor("rule", top.finding.rule), strikes)
    if strike is not None:
        summary = (
            f"{top.finding.guideline}: {top.case.title.lower()}; a person may confirm or overturn the strike"
        )
        draft.add_to_case(violation.act, "strike", summary, strike=strike)


def _full(state: AccountState) -> bool:
    """Whether the record, or the episode that is open, can list no further act."""
    if len(state.acts) >= ACTS_MAX and all(act.survives and not act.expired for act in state.acts):
        return True
    return bool(state.episodes) and state.episodes[-1].acts >= EPISODE_ACTS_MAX


def _violation(draft: Draft, post: PostScreened, item: Judged, pricing: Policy) -> Violation:
    return Violation(
        act=post_act(post.post),
        post=post.post,
        revision=post.revision,
        guideline=item.finding.guideline,
        case=item.case.id,
        severity=item.case.severity,
        occurred_at=draft.signal.occurred_at,
        evidence=evidence_of(item.finding, post),
        pricing=pricing,
        detection=BY_RULE,
        facts=item.finding.reason,
        confirmed=False,
    )


def _tell(draft: Draft, post: PostScreened, item: Judged, pricing: Policy) -> None:
    """No strike: the content goes, and the author is told why."""
    _note(draft, post, item, "told")
    facts = notice_of(
        draft,
        item.finding.guideline,
        item.finding.reason,
        BY_RULE,
        content_ref=post.content_ref,
        pricing_version=pricing.version,
    )
    hide(draft, post.post, post.revision, item.case.content, facts, Actor("rule", item.finding.rule))


def _review(draft: Draft, post: PostScreened, item: Judged, pricing: Policy) -> None:
    """A person decides; where the policy says so, the content is out of sight meanwhile."""
    act = post_act(post.post)
    _note(draft, post, item, "review")
    finding = CaseFinding(
        act,
        post.post,
        post.revision,
        item.finding.guideline,
        item.case.id,
        item.case.severity,
        draft.signal.occurred_at,
        evidence_of(item.finding, post),
        pricing.version,
    )
    draft.add_to_case(
        act,
        item.case.case_kind,
        f"{item.finding.guideline}: {item.case.title.lower()}",
        urgent=item.case.urgent,
        finding=finding,
    )
    if item.case.mode == "review" and any(
        c.post == post.post and c.revision >= post.revision for c in draft.state.cleared
    ):
        return
    if item.case.mode == "review":
        facts = notice_of(
            draft,
            item.finding.guideline,
            item.finding.reason,
            BY_RULE,
            content_ref=post.content_ref,
            pricing_version=pricing.version,
        )
        hide(draft, post.post, post.revision, item.case.content, facts, Actor("rule", item.finding.rule))


def _note(draft: Draft, post: PostScreened, item: Judged, effect: FindingEffect) -> None:
    draft.note(
        FindingNoted(
            post_act(post.post),
            post.post,
            post.revision,
            item.finding.guideline,
            item.case.id,
            item.case.severity,
            effect,
            evidence_of(item.finding, post),
            draft.now,
        )
    )
