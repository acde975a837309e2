"""What was found in a post: what becomes the strike, what goes to a person, what is only recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from events import memory_rules
from events.ids import post_act
from events.ledger import CaseFinding, Detection, FindingEffect, FindingNoted, Notice, PostChanged
from events.policy import Case as PolicyCase
from events.policy import Policy
from events.signals import Actor, Finding, Mode, PostScreened
from services.enforcement import harassment, repetition
from services.enforcement.draft import Draft, evidence_of, find_case, notice_of
from services.enforcement.evolve.strikes import room_for_act
from services.enforcement.ladder import survivors
from services.enforcement.sanctioning import climb, content_removals, hide, lift, standing_height
from services.enforcement.state import EPISODE_ACTS_MAX, AccountState
from services.enforcement.striking import Violation, amend, episode_of, find_act, issue, violation_notice

BY_RULE = Detection("own_initiative", automated_detection=True, automated_decision=True)
BY_RULE_FOR_REVIEW = Detection("own_initiative", automated_detection=True, automated_decision=False)


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A finding once the account is known: the case that applies, and what may be done about it."""

    finding: Finding
    case: PolicyCase
    mode: Mode
    rules_digest: str

    @property
    def rank(self) -> tuple[int, int]:
        """The most severe first, then the surest."""
        return (self.case.severity, self.finding.confidence)


def post_screened(draft: Draft, post: PostScreened) -> None:
    """Decide about one revision of a post."""
    pricing = draft.context.policies[draft.signal.policy_version]
    if post.change == "deleted":
        if draft.state.memory is not None:
            repetition.forget(draft, post, pricing)
            harassment.take_back(draft, post)
        _deleted(draft, post)
        return
    judged = judge_all(draft, post.findings, post.rules_digest, pricing)
    if post.change == "edited":
        _edited(draft, post)
    if post.fingerprints is not None or draft.state.memory is not None:
        judged += _added_up(draft, post, pricing)
    if post.targets or draft.state.memory is not None:
        harassment.directed(draft, post, pricing)
    act_on(draft, post, judged, pricing)


def _added_up(draft: Draft, post: PostScreened, pricing: Policy) -> list[Judged]:
    """What the post comes to with what the account remembers, beyond what was found in it by itself."""
    found = {(finding.guideline, finding.case) for finding in post.findings}
    added = [f for f in repetition.remember(draft, post, pricing) if (f.guideline, f.case) not in found]
    if not added:
        return []
    return judge_all(draft, added, memory_rules.rules_digest(pricing, memory_rules.REPEATED), pricing)


def judge_all(draft: Draft, findings: Iterable[Finding], rules_digest: str, pricing: Policy) -> list[Judged]:
    """Those findings of which anything may come, of this account."""
    judged = (judge(draft, finding, rules_digest, pricing) for finding in findings)
    return [one for one in judged if one is not None]


def act_on(draft: Draft, post: PostScreened, judged: list[Judged], pricing: Policy) -> None:
    """Do what findings in a post call for."""
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
    act = find_act(draft.state, post_act(post.post))
    if act is not None:
        guideline = act.guideline
        climb(draft, before, lambda: _notice(draft, post, guideline, "active points rose with this act"))


def _notice(
    draft: Draft, post: PostScreened, guideline: str, facts: str, pricing: Policy | None = None
) -> Notice:
    """What the account must be told of what a rule did about a post."""
    version = None if pricing is None else pricing.version
    return notice_of(draft, guideline, facts, BY_RULE, content_ref=post.content_ref, pricing_version=version)


def judge(draft: Draft, finding: Finding, rules_digest: str, pricing: Policy) -> Judged | None:
    """What a finding is, of this account: conditional facts are resolved, and a person looks at staff."""
    case_id, mode = finding.case, finding.mode
    if finding.condition is not None and holds(draft, finding, pricing):
        case_id = finding.condition.case
    case = pricing.case(finding.guideline, case_id)
    if case is None or case.mode == "allowed":
        return None
    if case_id != finding.case and mode != "shadow":
        mode = case.mode_for(finding.confidence)
    if draft.state.account_kind == "staff" and mode == "enforce" and case.severity > 0:
        mode = "review"
    return Judged(finding, case, mode, rules_digest)


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
    hidden = content_removals(draft.state, post.post)
    if find_act(draft.state, act) is None and not hidden and find_case(draft.state, act) is None:
        return
    draft.note(PostChanged(act, post.post, post.revision, "deleted", draft.now))
    for sanction in hidden:
        lift(draft, sanction, "post_deleted", draft.signal.actor, None)


def _edited(draft: Draft, post: PostScreened) -> None:
    act = post_act(post.post)
    record = find_act(draft.state, act)
    if (record is not None and post.revision > record.revision) or find_case(draft.state, act) is not None:
        draft.note(PostChanged(act, post.post, post.revision, "edited", draft.now))


def _strike(draft: Draft, post: PostScreened, found: list[Judged], pricing: Policy) -> None:
    """The most severe finding becomes the strike of the act; the others stand beside it.

    Revisions may come in any order: whichever is worse amends the strike.
    """
    if not found:
        return
    top = max(found, key=lambda j: j.rank)
    violation = _violation(draft, post, top, pricing)
    record = find_act(draft.state, violation.act)
    if (record is not None and not record.survives) or (record is None and _cleared(draft.state, post)):
        _review(draft, post, top, pricing)
        return
    if record is not None and top.case.severity <= record.severity:
        return
    strikes = _on_record(draft, post, top, violation)
    for other in found:
        if other is not top:
            _note(draft, post, other, "beside")
    actor = Actor("rule", top.finding.rule)
    notice = violation_notice(draft, violation)
    hide(draft, post.post, post.revision, top.case.content, notice, actor, strikes)
    if strikes:
        title = top.case.title.lower()
        summary = f"{top.finding.guideline}: {title}; a person may confirm or overturn the strike"
        draft.add_to_case(violation.act, "strike", summary, strike=strikes[0])


def _on_record(draft: Draft, post: PostScreened, top: Judged, violation: Violation) -> tuple[str, ...]:
    """The act's strike, issued or amended; none where the record is full of others as bad."""
    record = find_act(draft.state, violation.act)
    if record is not None:
        amend(draft, record, violation)
        return (record.strike,)
    if _full(draft, violation):
        _note(draft, post, top, "folded")
        return ()
    return (issue(draft, violation).strike,)


def _full(draft: Draft, violation: Violation) -> bool:
    """Whether the record, or the episode that the act would join, can list no further act.

    One that is worse than all that it lists is listed still: at most one for each severity.
    """
    state = draft.state
    acts = survivors(state.acts)
    if room_for_act(state, draft.now):
        episode = episode_of(state, violation.occurred_at)
        if episode is None or episode.acts < EPISODE_ACTS_MAX:
            return False
        acts = [act for act in acts if act.episode == episode.id]
    return violation.severity <= max((act.severity for act in acts), default=0)


def _cleared(state: AccountState, post: PostScreened) -> bool:
    """Whether a person found nothing wrong with this revision, or with a later one."""
    return any(item.post == post.post and item.revision >= post.revision for item in state.cleared)


def _violation(draft: Draft, post: PostScreened, item: Judged, pricing: Policy) -> Violation:
    return Violation(
        act=post_act(post.post),
        post=post.post,
        revision=post.revision,
        guideline=item.finding.guideline,
        case=item.case.id,
        severity=item.case.severity,
        occurred_at=draft.signal.occurred_at,
        evidence=evidence_of(item.finding, post, item.rules_digest),
        pricing=pricing,
        detection=BY_RULE,
        facts=item.finding.reason,
        confirmed=False,
        targets=post.targets,
    )


def _tell(draft: Draft, post: PostScreened, item: Judged, pricing: Policy) -> None:
    """No strike: the content goes, and the author is told why."""
    _note(draft, post, item, "told")
    facts = _notice(draft, post, item.finding.guideline, item.finding.reason, pricing)
    actor = Actor("rule", item.finding.rule)
    hide(draft, post.post, post.revision, item.case.content, facts, actor, apart=True)


def _review(draft: Draft, post: PostScreened, item: Judged, pricing: Policy) -> None:
    """A person decides; where the policy says so, the content is out of sight meanwhile.

    So it is where a rule would have enforced, had not a person had a say about an earlier revision.
    """
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
        evidence_of(item.finding, post, item.rules_digest),
        pricing.version,
        targets=post.targets,
    )
    draft.add_to_case(
        act,
        item.case.case_kind,
        f"{item.finding.guideline}: {item.case.title.lower()}",
        urgent=item.case.urgent,
        finding=finding,
    )
    if _cleared(draft.state, post):
        return
    if item.case.mode == "review" or item.mode == "enforce":
        facts = _notice(draft, post, item.finding.guideline, item.finding.reason, pricing)
        actor = Actor("rule", item.finding.rule)
        hide(draft, post.post, post.revision, item.case.content, facts, actor)


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
            evidence_of(item.finding, post, item.rules_digest),
            draft.now,
        )
    )
