"""Strikes: putting an act on the record, amending it, taking it off.

And which acts are the warning that comes first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from events.ids import derived_id
from events.ledger import (
    Detection,
    Evidence,
    PostCleared,
    Price,
    RemovalStatus,
    SanctionImposed,
    SanctionLifted,
    StrikeAmended,
    StrikeIssued,
    StrikeRemoved,
)
from events.policy import Policy
from events.signals import Actor
from services.enforcement.draft import Draft, notice_of
from services.enforcement.ladder import survivors, warnings
from services.enforcement.state import AccountState, Act, Episode, Priced


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


def find_act(state: AccountState, act: str) -> Act | None:
    """The record of an act, the latest if an earlier one was removed."""
    return next((item for item in reversed(state.acts) if item.act == act), None)


def find_strike(state: AccountState, strike: str) -> Act | None:
    """The record of a strike."""
    return next((item for item in state.acts if item.strike == strike), None)


def issue(draft: Draft, violation: Violation) -> Act:
    """Put an act on the record, as a strike or as the warning that comes first.

    The ladder is climbed apart: `climb`.
    """
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
    draft: Draft,
    violation: Violation,
    strike: str,
    episode: Episode | None,
    price: Price,
    warning_first: bool,
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
    """A later revision of the act is worse: the strike takes its price.

    The ladder is climbed apart: `climb`.
    """
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
            expires_at=_expiry(act, price),
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


def reprice(
    draft: Draft,
    act: Act,
    because: Literal["reduced", "reclassified"],
    guideline: str,
    case: str,
    severity: int,
    pricing: Policy,
) -> None:
    """A person reduces or reclassifies a strike: it costs this from its issue on."""
    price = pricing.price(severity)
    changed = StrikeAmended(
        strike=act.strike,
        because=because,
        guideline=guideline,
        case=case,
        severity=severity,
        price=price,
        raised=pricing.raised(severity),
        counts_as="strike" if severity > 1 else act.counts_as,
        expires_at=_expiry(act, price),
        effective_at=draft.now,
        actor=draft.signal.actor,
    )
    draft.note(changed)
    move_warnings(draft, draft.signal.actor)


def _expiry(act: Act, price: Price) -> datetime | None:
    return None if price.days is None else act.issued_at + timedelta(days=price.days)


def move_warnings(draft: Draft, actor: Actor) -> None:
    """Which act is the warning is worked out over the survivors.

    Note each that counts as something else now.
    """
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


def remove(draft: Draft, act: Act, status: RemovalStatus, actor: Actor, reason_ref: str | None) -> None:
    """Take a strike off the record; the refold of what it had led to is apart: `refold`."""
    draft.note(
        StrikeRemoved(
            act.strike,
            status,
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


def clear_post(draft: Draft, post: str | None, revision: int, actor: Actor) -> None:
    """A person found nothing wrong with this revision."""
    if post is not None:
        draft.note(PostCleared(post, revision, actor, draft.now))
