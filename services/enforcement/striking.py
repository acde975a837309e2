"""Strikes: putting an act on the record, amending it, taking it off; and which acts are the warning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from events.ids import derived_id
from events.ledger import (
    Detection,
    Evidence,
    Notice,
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
    targets: tuple[str, ...] = ()


def find_act(state: AccountState, act: str) -> Act | None:
    """The record of an act, the latest if an earlier one was removed."""
    return next((item for item in reversed(state.acts) if item.act == act), None)


def find_strike(state: AccountState, strike: str) -> Act | None:
    """The record of a strike."""
    return next((item for item in state.acts if item.strike == strike), None)


def episode_of(state: AccountState, occurred_at: datetime) -> Episode | None:
    """The earliest episode of whose first act the account had not been told when this act occurred."""
    return next((episode for episode in state.episodes if occurred_at <= episode.told_at), None)


def issue(draft: Draft, violation: Violation) -> Act:
    """Put an act on the record, as a strike or as the warning that comes first.

    The ladder is climbed apart: `climb`.
    """
    state, policy = draft.state, draft.policy
    case = violation.pricing.case(violation.guideline, violation.case)
    price = violation.pricing.price(violation.severity)
    at = violation.occurred_at if draft.signal.imported else draft.now
    strike = draft.id(f"strike:{violation.act}")
    episode = episode_of(state, violation.occurred_at)
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
        counts_as="strike",
        warning_first=case.warning_first if case is not None else True,
        episode=derived_id(state.entity, strike, "episode") if episode is None else episode.id,
        episode_opened=episode is None,
        occurred_at=violation.occurred_at,
        effective_at=at,
        expires_at=None if price.days is None else at + timedelta(days=price.days),
        told_by=at + timedelta(hours=policy.episode.told_after_hours),
        actor=draft.signal.actor if violation.confirmed else _rule_actor(draft, violation),
        confirmed=violation.confirmed,
        evidence=violation.evidence,
        notice=violation_notice(draft, violation),
        policy_version=policy.version,
        pricing_version=violation.pricing.version,
        acts_to_raise=policy.episode.acts_to_raise if episode is None else episode.acts_to_raise,
        imported=draft.signal.imported,
        targets=violation.targets,
    )
    if _is_warning(state, issued):
        issued = msgspec.structs.replace(issued, counts_as="warning")
    draft.note(issued)
    if issued.counts_as == "warning" and not draft.signal.imported:
        _warn(draft, issued)
    move_warnings(draft, draft.signal.actor)
    return draft.state.acts[-1]


def violation_notice(draft: Draft, violation: Violation) -> Notice:
    """What the account must be told of a violation."""
    return notice_of(
        draft,
        violation.guideline,
        violation.facts,
        violation.detection,
        content_ref=None if violation.evidence is None else violation.evidence.content_ref,
        content_at=violation.occurred_at,
        pricing_version=violation.pricing.version,
        reason_ref=violation.reason_ref,
    )


def _rule_actor(draft: Draft, violation: Violation) -> Actor:
    if violation.evidence is None or violation.confirmed:
        return draft.signal.actor
    return Actor("rule", violation.evidence.rule)


def _is_warning(state: AccountState, issued: StrikeIssued) -> bool:
    """Whether the act is the warning that comes first, once it stands among the others."""
    if issued.severity != 1:
        return False
    act = Act(
        strike=issued.strike,
        act=issued.act,
        guideline=issued.guideline,
        case=issued.case,
        prices=(
            Priced(issued.effective_at, issued.severity, issued.price, issued.raised, issued.policy_version),
        ),
        counts_as="strike",
        warning_first=issued.warning_first,
        episode=issued.episode,
        occurred_at=issued.occurred_at,
        issued_at=issued.effective_at,
    )
    return issued.strike in warnings(state, survivors((*state.acts, act)))


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
    """Another revision of the act is worse: the strike takes its price, unconfirmed.

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
            notice=violation_notice(draft, violation),
            policy_version=draft.policy.version,
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
    notice: Notice | None = None,
) -> None:
    """A person reduces or reclassifies a strike: it costs this from its issue on; more, from now on."""
    price = pricing.price(severity)
    draft.note(
        StrikeAmended(
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
            notice=notice,
            policy_version=draft.policy.version,
        )
    )
    move_warnings(draft, draft.signal.actor)


def _expiry(act: Act, price: Price) -> datetime | None:
    return None if price.days is None else act.issued_at + timedelta(days=price.days)


def move_warnings(draft: Draft, actor: Actor) -> None:
    """Work out over the survivors which acts are the warning; note each that counts as something else now."""
    acts = survivors(draft.state.acts)
    warned = warnings(draft.state, acts)
    for act in acts:
        counts_as: Literal["strike", "warning"] = "warning" if act.strike in warned else "strike"
        if counts_as == act.counts_as:
            continue
        last = act.prices[-1]
        found_by = Detection("own_initiative", not act.by_person, actor.kind != "person")
        facts = "this is not the first act under the guideline after all"
        draft.note(
            StrikeAmended(
                strike=act.strike,
                because="warning_moved",
                guideline=act.guideline,
                case=act.case,
                severity=last.severity,
                price=last.price,
                raised=last.raised,
                counts_as=counts_as,
                expires_at=act.expires_at,
                effective_at=draft.now,
                actor=actor,
                notice=None if counts_as == "warning" else notice_of(draft, act.guideline, facts, found_by),
                policy_version=draft.policy.version,
            )
        )


def remove(draft: Draft, act: Act, status: RemovalStatus, actor: Actor, reason_ref: str | None) -> None:
    """Take a strike off the record; the refold of what it had led to is apart: `refold`."""
    draft.note(StrikeRemoved(act.strike, status, actor, reason_ref, draft.now))
    if act.warned_by is not None and status != "waived":
        draft.note(
            SanctionLifted(
                warning_id(draft.state.entity, act.strike),
                "warning",
                "withdrawn" if status == "withdrawn" else "overturned",
                act.warned_by,
                actor,
                reason_ref,
                draft.now,
            )
        )


def clear_post(draft: Draft, post: str | None, revision: int, actor: Actor) -> None:
    """A person found nothing wrong with this revision."""
    if post is not None:
        draft.note(PostCleared(post, revision, actor, draft.now))
