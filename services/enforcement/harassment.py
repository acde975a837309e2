"""Hostile posts at one person: at their author, who may be badgering, and at the target, whom many pile on.

Which findings make a post hostile, and the thresholds, are the policy's. Whom a post is directed at is said
by what it answers and mentions. What adds up goes to a person with everything that was collected, never
straight to a strike: a single insult counts at once by the rule that found it. A quarrel has two sides, so
what the other wrote to the author goes into the case as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from events.ids import account_entity, post_act
from events.ledger import (
    BadgeringRaised,
    CaseFinding,
    CaseUpdated,
    ContactNoted,
    Evidence,
    FindingEffect,
    FindingNoted,
    HostilityNoted,
    HostilityReceived,
    PileOnRaised,
)
from events.memory_rules import DIRECTED, SURE, Limits, finding, limits_of, rules_digest
from events.policy import Policy
from events.signals import (
    ContactBarred,
    ContactRefused,
    Finding,
    HostilitySighted,
    PostScreened,
)
from services.enforcement.draft import Draft, evidence_of, find_case
from services.enforcement.memory import Hostile, Memory, Received

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
ASKED_TO_STOP: Final = "asked-to-stop"
"""The case of no-bullying that says: this post asks somebody to stop."""


# --- at the author -----------------------------------------------------------------------------------------


def directed(draft: Draft, post: PostScreened, pricing: Policy) -> None:
    """Take up at whom a revision of a post is hostile, if at anybody, and whom it asks to stop."""
    limits = limits_of(pricing, DIRECTED)
    if limits is None or draft.signal.imported:
        return
    if post.targets and any(
        (f.guideline, f.case) == (DIRECTED.guideline, ASKED_TO_STOP) for f in post.findings
    ):
        _send_barred(draft, post.targets[0], ContactBarred(post.targets[0], draft.state.account, "stop"))
    before = next((h for h in _memory(draft).hostile if h.post == post.post), None)
    if before is not None and before.revision >= post.revision:
        return
    worst = _hostile(post, limits)
    targets = () if worst is None else post.targets
    if not targets and before is None:
        return
    _note(draft, post, targets, None if worst is None else evidence_of(worst, post, post.rules_digest))
    _tell(draft, post, () if before is None else before.targets, targets)
    for target in targets:
        _badgering(draft, post, target, pricing, limits)


def take_back(draft: Draft, post: PostScreened) -> None:
    """The author deleted the post: it counts no more, here and at its targets."""
    before = next((h for h in _memory(draft).hostile if h.post == post.post), None)
    if before is not None:
        _note(draft, post, (), None)
        _tell(draft, post, before.targets, ())


def _memory(draft: Draft) -> Memory:
    return draft.state.memory or Memory()


def _hostile(post: PostScreened, limits: Limits) -> Finding | None:
    """The surest finding that makes the post hostile."""
    cases = limits.lists["hostile"]
    least = limits.values["hostile_confidence"]
    found = [
        f
        for f in post.findings
        if f.mode != "shadow" and f.confidence >= least and f"{f.guideline}/{f.case}" in cases
    ]
    return max(found, key=lambda f: (f.severity, f.confidence), default=None)


def _note(draft: Draft, post: PostScreened, targets: tuple[str, ...], evidence: Evidence | None) -> None:
    received_at = draft.signal.received_at
    draft.note(
        HostilityNoted(
            post.post,
            post.revision,
            targets,
            draft.signal.occurred_at,
            received_at,
            evidence,
            received_at - WEEK,
            draft.now,
        )
    )


def _tell(draft: Draft, post: PostScreened, before: Iterable[str], after: Iterable[str]) -> None:
    """The targets that joined, and those that left."""
    before, after = tuple(before), tuple(after)
    for targets, others, taken_back in ((before, after, True), (after, before, False)):
        for target in targets:
            if target not in others:
                body = HostilitySighted(target, draft.state.account, post.post, post.thread, taken_back)
                draft.send(account_entity(target), "hostility_sighted", body)


def _badgering(draft: Draft, post: PostScreened, target: str, pricing: Policy, limits: Limits) -> None:
    """Whether it is a habit; then a person looks, at all of it."""
    collected, reason = _habit(draft, target, limits)
    if all(h.post != post.post for h in collected):
        return  # an edit of what is before a person already
    is_open = find_case(draft.state, f"badgering:{target}") is not None
    if is_open:
        opened = _one_more(draft, collected[-1], target, pricing)
    elif reason:
        opened = _raise(draft, post, target, pricing, limits, reason)
    else:
        return
    if opened is None:
        return
    if not is_open:
        _collect(draft, opened, collected[:-1], pricing)
        _other_side(draft, target, pricing)
    draft.note(BadgeringRaised(target, tuple(h.post for h in collected), opened, draft.now))


def _one_more(draft: Draft, post: Hostile, target: str, pricing: Policy) -> str | None:
    """A further post joins the open case, whose version rises: there is more to judge."""
    case = pricing.case(DIRECTED.guideline, "badgering")
    if case is None or post.evidence is None:
        return None
    about = _case_finding(
        post.post, post.revision, "badgering", 0, post.occurred_at, post.evidence, pricing, target
    )
    return draft.add_to_case(f"badgering:{target}", case.case_kind, case.title, finding=about)


def _raise(
    draft: Draft, post: PostScreened, target: str, pricing: Policy, limits: Limits, reason: str
) -> str | None:
    """The post that made it a habit, as what a person may confirm; None: nothing comes of it."""
    case = pricing.case(DIRECTED.guideline, "badgering")
    found = finding(pricing, DIRECTED, "badgering", limits.values["badgering_confidence"], reason)
    if found is None or case is None:
        return None
    evidence = evidence_of(found, post, rules_digest(pricing, DIRECTED))
    effect: FindingEffect = "shadow" if found.mode == "shadow" else "review"
    draft.note(
        FindingNoted(
            post_act(post.post),
            post.post,
            post.revision,
            found.guideline,
            found.case,
            case.severity,
            effect,
            evidence,
            draft.now,
        )
    )
    if effect == "shadow":
        return None
    at = draft.signal.occurred_at
    about = _case_finding(post.post, post.revision, "badgering", case.severity, at, evidence, pricing, target)
    summary = f"{DIRECTED.guideline}: {reason}"
    return draft.add_to_case(
        f"badgering:{target}", case.case_kind, summary, urgent=case.urgent, finding=about
    )


def _habit(draft: Draft, target: str, limits: Limits) -> tuple[list[Hostile], str]:
    """The posts that make it one, and why; without a reason it is none, or not yet."""
    now = draft.signal.received_at
    new = [h for h in _memory(draft).hostile if target in h.targets and target not in h.raised]
    day = [h for h in new if now - h.received_at < DAY]
    week = [h for h in new if now - h.received_at < WEEK]
    if _is_barred(draft, target, limits):
        return week, "a hostile post to somebody who had blocked the author, or asked to stop"
    if len(day) >= limits.values["posts_a_day"]:
        return day, f"{len(day)} hostile posts at one person within a day"
    if len(week) >= limits.values["posts_a_week"]:
        return week, f"{len(week)} hostile posts at one person within a week"
    return week, ""


def _is_barred(draft: Draft, target: str, limits: Limits) -> bool:
    now = draft.signal.received_at
    stop = timedelta(days=limits.values["stop_days"])
    return any(
        bar.by == target and bar.since <= now and (bar.how == "block" or now - bar.since < stop)
        for bar in _memory(draft).barred
    )


def _collect(draft: Draft, case: str, posts: Sequence[Hostile], pricing: Policy) -> None:
    """The posts before this one, as evidence: each has, or had, a strike of its own where it earned one."""
    for post in posts:
        if post.evidence is not None:
            about = _case_finding(
                post.post, post.revision, "badgering", 0, post.occurred_at, post.evidence, pricing
            )
            _add(draft, case, about)


def _add(draft: Draft, case: str, about: CaseFinding) -> None:
    """Evidence joins a case, which leaves its version as it was."""
    version = next(c.version for c in draft.state.cases if c.id == case)
    draft.note(CaseUpdated(case, version, draft.now, finding=about))


def _case_finding(
    post: str,
    revision: int | None,
    case: str,
    severity: int,
    at: datetime,
    evidence: Evidence,
    pricing: Policy,
    *concerned: str,
) -> CaseFinding:
    return CaseFinding(
        post_act(post),
        post,
        revision,
        DIRECTED.guideline,
        case,
        severity,
        at,
        evidence,
        pricing.version,
        targets=concerned,
    )


def _evidence(pricing: Policy, case: str, reason: str) -> Evidence:
    return Evidence(
        DIRECTED.name, DIRECTED.version, rules_digest(pricing, DIRECTED), SURE, (), case, reason, None, None
    )


def _other_side(draft: Draft, other: str, pricing: Policy) -> None:
    """Into the open case about badgering somebody: that this one wrote hostile posts, too."""
    case = find_case(draft.state, f"badgering:{other}")
    answer = next((r for r in _memory(draft).received if r.by == other), None)
    if case is not None and answer is not None:
        evidence = _evidence(pricing, "mutual", "the other account was hostile to this one, too")
        _add(
            draft,
            case.id,
            _case_finding(answer.post, None, "badgering", 0, answer.received_at, evidence, pricing),
        )


# --- at the target -----------------------------------------------------------------------------------------


def hostility_sighted(draft: Draft, seen: HostilitySighted) -> None:
    """Somebody was hostile to this account: one of many within the hour?"""
    pricing = draft.context.policies[draft.signal.policy_version]
    limits = limits_of(pricing, DIRECTED)
    known = any((r.by, r.post) == (seen.by, seen.post) for r in _memory(draft).received)
    if limits is None or known != seen.taken_back:
        return
    received_at = draft.signal.received_at
    first = all(r.by != seen.by for r in _memory(draft).received)
    draft.note(
        HostilityReceived(
            seen.by, seen.post, seen.thread, received_at, received_at - WEEK, draft.now, seen.taken_back
        )
    )
    if not seen.taken_back:
        if first:
            _other_side(draft, seen.by, pricing)
        _pile_on(draft, pricing, limits)


def _pile_on(draft: Draft, pricing: Policy, limits: Limits) -> None:
    """A case without a strike: what each of them wrote is judged at their own accounts."""
    subject = f"pile-on:{draft.state.account}"
    case = pricing.case(DIRECTED.guideline, "pile-on")
    found = finding(pricing, DIRECTED, "pile-on", SURE, "many were hostile to one within the hour")
    if case is None or found is None or found.mode == "shadow":
        return
    new = [r for r in _memory(draft).received if not r.raised]
    is_open = find_case(draft.state, subject) is not None
    crowd = new if is_open else _crowd(new, limits)
    if not crowd:
        return
    authors = tuple(sorted({r.by for r in crowd}))
    minutes = limits.values["pile_on_minutes"]
    summary = f"{DIRECTED.guideline}: {len(authors)} accounts hostile to this one within {minutes} minutes"
    opened, _ = draft.case_about(subject, case.case_kind, summary, urgent=case.urgent)
    for one in crowd:
        evidence = _evidence(pricing, "pile-on", f"hostile post by account `{one.by}`")
        _add(
            draft,
            opened.id,
            _case_finding(one.post, None, "pile-on", 0, one.received_at, evidence, pricing, one.by),
        )
    draft.note(PileOnRaised(authors, opened.id, draft.now))


def _crowd(received: Sequence[Received], limits: Limits) -> list[Received]:
    """The posts of so many accounts within so long, in whatever order they became known; none: no crowd."""
    within = timedelta(minutes=limits.values["pile_on_minutes"])
    in_order = sorted(received, key=lambda r: (r.received_at, r.by, r.post))
    for at, first in enumerate(in_order):
        crowd = [r for r in in_order[at:] if r.received_at - first.received_at < within]
        if len({r.by for r in crowd}) >= limits.values["pile_on_authors"]:
            return crowd
    return []


# --- who is not to write any more --------------------------------------------------------------------------


def contact_refused(draft: Draft, refusal: ContactRefused) -> None:
    """At who blocked somebody: passed on to that account, which has to know."""
    if refusal.other != draft.state.account:
        body = ContactBarred(refusal.other, draft.state.account, "block", refusal.refused)
        _send_barred(draft, refusal.other, body)


def _send_barred(draft: Draft, account: str, body: ContactBarred) -> None:
    draft.send(account_entity(account), "contact_barred", body)


def contact_barred(draft: Draft, bar: ContactBarred) -> None:
    """At who was blocked, or asked to stop."""
    known = any((b.by, b.how) == (bar.by, bar.how) for b in _memory(draft).barred)
    if bar.barred or known:
        draft.note(ContactNoted(bar.by, bar.how, bar.barred, draft.signal.received_at))
