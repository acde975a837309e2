"""Strikes and what follows from them: issuing, amending and removing, warnings that move, suspensions that rise or fall."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from events.ids import derived_id
from events.ledger import (
    CaseClosed,
    Detection,
    Evidence,
    Notice,
    PostCleared,
    Price,
    SanctionAmended,
    SanctionImposed,
    SanctionLifted,
    StrikeAmended,
    StrikeIssued,
    StrikeRemoved,
    TerminationProposed,
    TerminationSettled,
)
from events.policy import Policy
from events.signals import Actor, ContentAction
from services.enforcement.draft import Draft, find_case, notice_of
from services.enforcement.ladder import Height, course, height, survivors, warnings
from services.enforcement.state import AccountState, Act, Episode, Priced, Sanction

LADDER_DETECTION = Detection("own_initiative", automated_detection=True, automated_decision=True)


class Violation(msgspec.Struct, frozen=True, gc=False):
    """What is to become a strike."""

    act: str
    post: str | None
    revision: int | None
    guideline: str
    case: str
    severity: int
    occurred_at: datetime
    evidence: Evidence | None
    pricing: Policy
    detection: Detection
    facts: str
    confirmed: bool
    reason_ref: str | None = None


def standing_height(draft: Draft) -> Height:
    """How high the account stands now, in the policy in force."""
    if not draft.state.acts:
        return Height(0)
    return height(draft.state, survivors(draft.state.acts), draft.now, draft.policy)


def find_act(state: AccountState, act: str) -> Act | None:
    """The record of an act, the latest if an earlier one was removed."""
    return next((item for item in reversed(state.acts) if item.act == act), None)


def find_strike(state: AccountState, strike: str) -> Act | None:
    """The record of a strike."""
    return next((item for item in state.acts if item.strike == strike), None)


def issue(draft: Draft, violation: Violation) -> Act:
    """Put an act on the record, as a strike or as the warning that comes first. The ladder is climbed apart: `climb`."""
    state = draft.state
    case = violation.pricing.case(violation.guideline, violation.case)
    warning_first = case.warning_first if case is not None else True
    price = violation.pricing.price(violation.severity)
    ordinal = 0 if find_act(state, violation.act) is None else (violation.revision or 0)
    strike = derived_id(state.entity, violation.act, "strike", ordinal)
    episode = _episode_of(state, violation.occurred_at)
    probe = _probe(draft, violation, strike, episode, price, warning_first)
    notice = notice_of(
        draft,
        violation.guideline,
        violation.facts,
        violation.detection,
        content_ref=None if violation.evidence is None else violation.evidence.content_ref,
        pricing_version=violation.pricing.version,
        reason_ref=violation.reason_ref,
    )
    issued = StrikeIssued(
        strike=strike,
        act=violation.act,
        post=violation.post,
        revision=violation.revision,
        guideline=violation.guideline,
        case=violation.case,
        severity=violation.severity,
        price=price,
        raised=violation.pricing.raised(violation.severity),
        counts_as="warning" if strike in warnings(state, survivors((*state.acts, probe))) else "strike",
        warning_first=warning_first,
        episode=probe.episode,
        episode_opened=episode is None,
        occurred_at=violation.occurred_at,
        effective_at=draft.issued_at,
        expires_at=probe.expires_at,
        told_by=draft.told_by(),
        actor=draft.signal.actor if violation.confirmed else _rule_actor(draft, violation),
        confirmed=violation.confirmed,
        evidence=violation.evidence,
        notice=notice,
        policy_version=draft.policy.version,
        pricing_version=violation.pricing.version,
    )
    draft.note(issued)
    if issued.counts_as == "warning" and not draft.signal.imported:
        _warn(draft, issued)
    move_warnings(draft, draft.signal.actor)
    return draft.state.acts[-1]


def _rule_actor(draft: Draft, violation: Violation) -> Actor:
    if violation.evidence is None:
        return draft.signal.actor
    return Actor("rule", violation.evidence.rule)


def _probe(
    draft: Draft, violation: Violation, strike: str, episode: Episode | None, price: Price, warning_first: bool
) -> Act:
    """The act as it will stand, to see what it counts as."""
    at = draft.issued_at
    return Act(
        strike=strike,
        act=violation.act,
        guideline=violation.guideline,
        case=violation.case,
        prices=(Priced(at, violation.severity, price, price),),
        counts_as="strike",
        warning_first=warning_first,
        episode=derived_id(draft.state.entity, strike, "episode") if episode is None else episode.id,
        occurred_at=violation.occurred_at,
        issued_at=at,
        policy_version=draft.policy.version,
    )


def _episode_of(state: AccountState, occurred_at: datetime) -> Episode | None:
    """The earliest episode of whose first act the account had not been told when this act occurred."""
    return next((episode for episode in state.episodes if occurred_at <= episode.told_at), None)


def warning_id(entity: str, strike: str) -> str:
    """The id of the sanction `warning` that goes with an act that counts as one."""
    return derived_id(entity, strike, "sanction:warning")


def _warn(draft: Draft, issued: StrikeIssued) -> None:
    draft.note(
        SanctionImposed(
            sanction=warning_id(draft.state.entity, issued.strike),
            sanction_kind="warning",
            origin="manual" if issued.confirmed else "rule",
            starts_at=draft.now,
            ends_at=draft.now,
            rung=0,
            strikes=(issued.strike,),
            decision=draft.signal.id,
            actor=issued.actor,
            notice=issued.notice,
            effective_at=draft.now,
        )
    )


def amend(draft: Draft, act: Act, violation: Violation) -> None:
    """A later revision of the act is worse: the strike takes its price. The ladder is climbed apart: `climb`."""
    price = violation.pricing.price(violation.severity)
    draft.note(
        StrikeAmended(
            strike=act.strike,
            because="revision",
            guideline=violation.guideline,
            case=violation.case,
            severity=violation.severity,
            price=price,
            raised=violation.pricing.raised(violation.severity),
            counts_as="strike",
            expires_at=None if price.days is None else act.issued_at + _days(price),
            effective_at=draft.now,
            actor=_rule_actor(draft, violation),
            revision=violation.revision,
            evidence=violation.evidence,
            notice=notice_of(
                draft,
                violation.guideline,
                violation.facts,
                violation.detection,
                content_ref=None if violation.evidence is None else violation.evidence.content_ref,
                pricing_version=violation.pricing.version,
            ),
        )
    )
    move_warnings(draft, draft.signal.actor)


def _days(price: Price) -> timedelta:
    return timedelta(days=price.days or 0)


def reprice(
    draft: Draft, act: Act, because: str, guideline: str, case: str, severity: int, pricing: Policy
) -> None:
    """A person reduces or reclassifies a strike: it costs this from its issue on."""
    price = pricing.price(severity)
    changed = StrikeAmended(
        strike=act.strike,
        because="reduced" if because == "reduced" else "reclassified",
        guideline=guideline,
        case=case,
        severity=severity,
        price=price,
        raised=pricing.raised(severity),
        counts_as="strike" if severity > 1 else act.counts_as,
        expires_at=None if price.days is None else act.issued_at + _days(price),
        effective_at=draft.now,
        actor=draft.signal.actor,
    )
    draft.note(changed)
    move_warnings(draft, draft.signal.actor)


def move_warnings(draft: Draft, actor: Actor) -> None:
    """Which act is the warning is worked out over the survivors: note each that counts as something else now."""
    state = draft.state
    acts = survivors(state.acts)
    warned = warnings(state, acts)
    for act in acts:
        counts_as = "warning" if act.strike in warned else "strike"
        if counts_as == act.counts_as:
            continue
        last = act.prices[-1]
        draft.note(
            StrikeAmended(
                strike=act.strike,
                because="warning_moved",
                guideline=act.guideline,
                case=act.case,
                severity=last.severity,
                price=last.price,
                raised=last.raised,
                counts_as="warning" if act.strike in warned else "strike",
                expires_at=act.expires_at,
                effective_at=draft.now,
                actor=actor,
            )
        )


def hide(
    draft: Draft,
    post: str,
    revision: int,
    action: ContentAction,
    notice: Notice,
    actor: Actor,
    strikes: tuple[str, ...] = (),
    ordinal: int = 0,
) -> None:
    """Take content away, unless the post is already hidden at least as much."""
    if action == "none":
        return
    present = next((s for s in draft.state.sanctions if s.post == post and s.kind == "content_removal"), None)
    if present is not None:
        if action == "removed" and present.content_action != "removed":
            draft.note(
                SanctionAmended(present.id, "revision", present.ends_at, actor, None, draft.now, content_action=action)
            )
        return
    draft.note(
        SanctionImposed(
            sanction=draft.id(f"content:{post}", ordinal),
            sanction_kind="content_removal",
            origin="manual" if actor.kind == "person" else "rule",
            starts_at=draft.now,
            ends_at=None,
            rung=0,
            strikes=strikes,
            decision=draft.signal.id,
            actor=actor,
            notice=notice,
            effective_at=draft.now,
            content_action=action,
            post=post,
            revision=revision,
        )
    )


def climb(draft: Draft, before: Height, notice: Notice) -> None:
    """Where the effective rung rose, start the suspension that it earns, or propose termination."""
    if draft.signal.imported:
        return
    after = standing_height(draft)
    policy = draft.policy
    if after.terminates(policy) and not before.terminates(policy) and draft.state.proposal is None:
        because = "s4" if after.s4 else "episode" if after.episode else "points"
        propose_termination(draft, because, notice)
        return
    if after.rung <= before.rung:
        return
    length = policy.suspension(after.rung)
    if length is None:
        return
    ends_at = draft.now + length
    if any(s.ends_at is not None and s.ends_at >= ends_at for s in ladder_suspensions(draft.state)):
        return
    suspend(draft, "ladder", ends_at, after.rung, notice)


def ladder_suspensions(state: AccountState) -> list[Sanction]:
    """The suspensions in force that the ladder gave rise to."""
    return [s for s in state.sanctions if s.origin == "ladder" and s.kind == "suspension"]


def suspend(
    draft: Draft, origin: str, ends_at: datetime | None, rung: int, notice: Notice, starts_at: datetime | None = None
) -> None:
    """Impose a suspension of the ladder, or the one that holds an account until a second person has decided."""
    strikes = tuple(act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike" and not act.expired)
    draft.note(
        SanctionImposed(
            sanction=draft.id(f"suspension:{origin}"),
            sanction_kind="suspension",
            origin="ladder" if origin == "ladder" else "termination_proposal",
            starts_at=draft.now if starts_at is None else starts_at,
            ends_at=ends_at,
            rung=rung,
            strikes=strikes,
            decision=draft.signal.id,
            actor=draft.signal.actor,
            notice=notice,
            effective_at=draft.now,
        )
    )


def propose_termination(draft: Draft, because: str, notice: Notice) -> None:
    """Propose termination: suspend meanwhile, and open a case for a second person."""
    strikes = tuple(act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike")
    reason = {"s4": "s4", "episode": "episode", "points": "points"}.get(because, "person")
    proposal = draft.id("termination")
    draft.note(TerminationProposed(proposal, draft.signal.actor, reason, strikes, draft.now))  # type: ignore[arg-type]
    suspend(draft, "termination_proposal", None, len(draft.policy.ladder), notice)
    draft.add_to_case(
        f"termination:{draft.state.account}",
        "termination",
        "termination proposed: a second person confirms or dismisses it",
        urgent=True,
    )


def remove(draft: Draft, act: Act, status: str, actor: Actor, reason_ref: str | None) -> None:
    """Take a strike off the record; the refold of what it had led to is apart: `refold`."""
    draft.note(
        StrikeRemoved(
            act.strike,
            "overturned" if status == "overturned" else "waived" if status == "waived" else "withdrawn",
            actor,
            reason_ref,
            draft.now,
        )
    )
    if act.counts_as == "warning" and status != "waived":
        draft.note(
            SanctionLifted(
                warning_id(draft.state.entity, act.strike),
                "warning",
                "withdrawn" if status == "withdrawn" else "overturned",
                act.strike,
                actor,
                reason_ref,
                draft.now,
            )
        )


def restore_post(draft: Draft, post: str, because: str, actor: Actor, reason_ref: str | None) -> None:
    """Give content back where nothing else holds it; a post that its author deleted stays gone."""
    if any(act.post == post and act.survives for act in draft.state.acts):
        return
    for sanction in draft.state.sanctions:
        if sanction.post == post and sanction.kind == "content_removal":
            draft.note(
                SanctionLifted(
                    sanction.id,
                    sanction.kind,
                    because,  # type: ignore[arg-type]
                    sanction.decision,
                    actor,
                    reason_ref,
                    draft.now,
                    post=post,
                    restored=True,
                )
            )


def clear_post(draft: Draft, post: str | None, revision: int, actor: Actor) -> None:
    """A person found nothing wrong with this revision."""
    if post is not None:
        draft.note(PostCleared(post, revision, actor, draft.now))


def refold(draft: Draft, actor: Actor, reason_ref: str | None) -> None:
    """After strikes fell: warnings move, and what the ladder gave is cut back to what the survivors would have led to."""
    move_warnings(draft, actor)
    led_to = course(draft.state, draft.context.policies, draft.now)
    ends_at = max((s.ends_at for s in led_to.suspensions), default=None)
    for sanction in ladder_suspensions(draft.state):
        if ends_at is None or ends_at <= draft.now:
            _lift(draft, sanction, "overturned", actor, reason_ref)
        elif sanction.ends_at is not None and ends_at < sanction.ends_at:
            draft.note(SanctionAmended(sanction.id, "overturned", ends_at, actor, reason_ref, draft.now))
    proposal = draft.state.proposal
    if proposal is not None and proposal.because != "person" and led_to.termination_at is None:
        withdraw_termination(draft, "withdrawn", actor, reason_ref)


def withdraw_termination(draft: Draft, result: str, actor: Actor, reason_ref: str | None) -> None:
    """A proposed or confirmed termination falls: what held the account is lifted, and the open case about it closes."""
    proposal = draft.state.proposal
    if proposal is None:
        return
    settled = "reversed" if proposal.confirmed else result
    draft.note(TerminationSettled(proposal.id, settled, actor, draft.now))  # type: ignore[arg-type]
    for sanction in draft.state.sanctions:
        if sanction.origin == "termination_proposal":
            _lift(draft, sanction, "dismissed" if result == "dismissed" else "overturned", actor, reason_ref)
    case = find_case(draft.state, f"termination:{draft.state.account}")
    if case is not None:
        closed = "dismissed" if result == "dismissed" else "overturned"
        draft.note(CaseClosed(case.id, case.version + 1, closed, actor, reason_ref, draft.now))
    _owed(draft, proposal.at, actor)


def _owed(draft: Draft, since: datetime, actor: Actor) -> None:
    """The suspension that the account would have had instead of a proposal that fell, if it still runs."""
    led_to = course(draft.state, draft.context.policies, draft.now)
    now_at = standing_height(draft)
    policy = draft.policy
    rung = min(now_at.rung, len([r for r in policy.ladder if r.suspension_hours is not None]))
    length = policy.suspension(rung) if rung else None
    ends = [s.ends_at for s in led_to.suspensions]
    if length is not None and (led_to.termination_at is not None or now_at.terminates(policy)):
        ends.append(since + length)
    ends_at = max(ends, default=None)
    if ends_at is None or ends_at <= draft.now:
        return
    if any(s.ends_at is not None and s.ends_at >= ends_at for s in ladder_suspensions(draft.state)):
        return
    strikes = [act for act in survivors(draft.state.acts) if act.counts_as == "strike"]
    guideline = strikes[-1].guideline if strikes else ""
    notice = notice_of(draft, guideline, "the suspension that the remaining strikes had earned", LADDER_DETECTION)
    suspend(draft, "ladder", ends_at, rung, notice, starts_at=min(since, draft.now))


def _lift(draft: Draft, sanction: Sanction, because: str, actor: Actor, reason_ref: str | None) -> None:
    draft.note(
        SanctionLifted(
            sanction.id,
            sanction.kind,
            because,  # type: ignore[arg-type]
            sanction.decision,
            actor,
            reason_ref,
            draft.now,
            post=sanction.post,
        )
    )
