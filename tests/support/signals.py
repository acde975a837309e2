"""Signals for tests, as screening would make them: ids derived, times given, nothing fetched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from events.capabilities import ASKED
from events.ids import account_entity, derived_id, digest, partition_entity
from events.signals import (
    AccountChanged,
    Actor,
    AppealFiled,
    Body,
    Decided,
    Finding,
    Key,
    Mode,
    NoticeDelivered,
    Origin,
    PolicyActivated,
    PostScreened,
    ReportFiled,
    Signal,
    Span,
    Tick,
)

T0 = datetime(2030, 1, 1, tzinfo=UTC)
"""Day 0 of every test."""


def day(number: float) -> datetime:
    """Midnight, or a part of the day, so many days after `T0`."""
    return T0 + timedelta(days=number)


def signal(
    entity: str,
    event: str,
    body: Body,
    at: datetime,
    *,
    actor: Actor | None = None,
    received: datetime | None = None,
    policy_version: str = "",
    imported: bool = False,
    topic: str = "posts",
) -> Signal:
    """A signal that the event `event` led to; `at` is when it happened, `received` when the broker had it."""
    return Signal(
        id=derived_id(entity, event, "signal"),
        entity=entity,
        occurred_at=at,
        received_at=at if received is None else received,
        actor=actor or Actor("rule", "screening"),
        causation_id=event,
        correlation_id=event,
        policy_version=policy_version,
        body=body,
        origin=Origin(topic, 0, 0, event, type(body).__name__),
        imported=imported,
    )


def finding(
    guideline: str, case: str, severity: int, *, mode: Mode = "enforce", confidence: int = 95
) -> Finding:
    """What a rule found."""
    return Finding(
        guideline=guideline,
        case=case,
        rule=f"{guideline}.{case}",
        rule_version=1,
        severity=severity,
        confidence=confidence,
        mode=mode,
        spans=(Span(0, 4),),
        term_class="test",
        reason="found by a test",
    )


def posted(
    account: str,
    post: str,
    *findings: Finding,
    revision: int = 1,
    change: Literal["created", "edited", "deleted"] = "created",
) -> PostScreened:
    """A revision of a post with what was found in it."""
    gone = change == "deleted"
    return PostScreened(
        account=account,
        post=post,
        revision=revision,
        change=change,
        direct=False,
        thread=None,
        content_ref=None if gone else f"post:{post}:{revision}",
        content_digest=None if gone else digest(f"{post}:{revision}".encode()),
        language="en",
        findings=findings,
        rules_digest="test-rules",
    )


def post_signal(account: str, body: PostScreened, at: datetime, event: str = "", **more: Any) -> Signal:
    """The signal of a post; `event` names it where a revision is sent as several events."""
    event = event or f"{body.change}:{body.post}:{body.revision}"
    return signal(account_entity(account), event, body, at, **more)


def decided(account: str, decision: str, kind: str, target: str, version: int | None, **more: Any) -> Decided:
    """A person's decision; unless said otherwise, they have every capability that a rule asks about."""
    more.setdefault("capabilities", tuple(sorted(ASKED)))
    return Decided(
        account=account,
        decision=decision,
        target_kind=kind,  # type: ignore[arg-type]  # tests pass what the contract allows
        target=target,
        version=version,
        reason_ref=f"reason:{decision}:{target}",
        **more,
    )


def decision_signal(
    account: str, body: Decided, at: datetime, event: str, by: str = "mod-ann", **more: Any
) -> Signal:
    """The signal of a decision that `by` made."""
    return signal(
        account_entity(account), event, body, at, actor=Actor("person", by), topic="decisions", **more
    )


def notice_signal(account: str, about: str, at: datetime, event: str = "", **more: Any) -> Signal:
    """The platform told the account of a strike or sanction."""
    body = NoticeDelivered(account, about)
    return signal(
        account_entity(account),
        event or f"notice:{about}",
        body,
        at,
        actor=Actor("platform", "platform"),
        topic="accounts",
        **more,
    )


def appeal_signal(
    account: str,
    filed_as: str,
    about: str,
    at: datetime,
    event: str,
    by: Literal["account", "platform"] = "account",
    **more: Any,
) -> Signal:
    """An account, or the platform for it, appeals an outcome."""
    body = AppealFiled(account, filed_as, about, by, f"appeal:{filed_as}")
    actor = Actor("account", account) if by == "account" else Actor("platform", "platform")
    return signal(account_entity(account), event, body, at, actor=actor, topic="accounts", **more)


def account_signal(
    account: str,
    at: datetime,
    event: str = "",
    change: str = "registered",
    kind: str = "person",
    keys: tuple[Key, ...] = (),
    **more: Any,
) -> Signal:
    """What became known of an account."""
    body = AccountChanged(account, change, account_kind=kind, keys=keys)  # type: ignore[arg-type]  # as above
    return signal(
        account_entity(account),
        event or f"{change}:{account}",
        body,
        at,
        actor=Actor("platform", "platform"),
        topic="accounts",
        **more,
    )


def report_signal(
    reporter: str,
    report: str,
    subject: str,
    at: datetime,
    *,
    post: str | None = None,
    reason: str = "no-spam",
) -> Signal:
    """A report, at the reporter's own account."""
    body = ReportFiled(report, reporter, subject, post, 1 if post else None, reason, None, f"report:{report}")
    return signal(
        account_entity(reporter), report, body, at, actor=Actor("account", reporter), topic="reports"
    )


def tick_signal(partition: int, at: datetime) -> Signal:
    """The clock's tick in one partition."""
    entity = partition_entity(partition)
    return signal(
        entity, f"tick:{at.isoformat()}", Tick(at), at, actor=Actor("clock", "clock"), topic="control"
    )


def activation_signal(partition: int, version: str, sequence: int, at: datetime) -> Signal:
    """A policy's activation in one partition."""
    return signal(
        partition_entity(partition),
        f"activation:{sequence}",
        PolicyActivated(version, sequence),
        at,
        actor=Actor("clock", "clock"),
        policy_version=version,
        topic="control",
    )
