"""Signals: one message addressed to one entity.

`signals` is the one ordered mailbox: whatever enforcement acts on arrives here as a `Signal`. Signals hold no
personal text or number, only references, keyed digests, masked spans and words of our own.

These are msgspec structs, not pydantic models: they are decoded and encoded for every step, and the bytes of
a ledger entry hold the whole signal that caused it. The order of fields is the order of bytes, so fields are
only ever added at the end, with a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

SIGNAL_SCHEMA: Final = 1

ActorKind = Literal["person", "rule", "clock", "import", "platform", "account"]
AccountKind = Literal["person", "bot", "staff"]
Mode = Literal["enforce", "review", "shadow", "reminder", "allowed"]
ContentAction = Literal["none", "hidden", "rest-hidden", "quarantined", "restricted", "held", "removed"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant; one without a time zone isn't decoded."""
ReportReason = str
"""A guideline's id, or `illegal-content`, `copyright`, `self-harm`, `child-safety`."""
ReportOutcome = Literal["upheld", "dismissed_in_good_faith", "ignored", "manifestly_unfounded"]


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Who acted. Set by the server from credentials, never by the sender."""

    kind: ActorKind
    id: str


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Coordinates of the input record that a chain of causes began with. `event` is the CloudEvents id."""

    topic: str
    partition: int
    offset: int
    event: str
    type: str


class Span(msgspec.Struct, frozen=True, gc=False):
    """Where in the original text something was found: code points, end exclusive."""

    start: int
    end: int
    field: Literal["body", "title", "link", "attachment"] = "body"


class Condition(msgspec.Struct, frozen=True, gc=False):
    """A fact about the account that screening can't know: where it holds, `case` is what was found instead.

    `own_domain`, `own_email`, `own_phone`: `digest` (keyed) is among the account's own. `new_account`: it was
    registered less than the policy's `new_account_days` ago.
    """

    fact: Literal["own_domain", "own_email", "own_phone", "new_account"]
    digest: str
    case: str


class Finding(msgspec.Struct, frozen=True, gc=False):
    """What a guideline's rule found in an event: `severity` 0 (none) to 4, `confidence` in per cent."""

    guideline: str
    case: str
    rule: str
    rule_version: int
    severity: int
    confidence: int
    mode: Mode
    spans: tuple[Span, ...]
    term_class: str
    reason: str
    condition: Condition | None = None


class PostScreened(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="post_screened"):
    """A revision of a post with what was found in it; also an edit or deletion in which nothing was found.

    `failed_rules` names rules that raised: an error is a third verdict, and sends the post to review.
    """

    account: str
    post: str
    revision: int
    change: Literal["created", "edited", "deleted"]
    direct: bool
    thread: str | None
    content_ref: str | None
    content_digest: str | None
    language: str
    findings: tuple[Finding, ...] = ()
    failed_rules: tuple[str, ...] = ()
    rules_digest: str = ""


class AccountChanged(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="account_changed"):
    """What became known of an account. Digests are keyed; None means: not said, leave as it was."""

    account: str
    change: Literal["registered", "updated", "verified", "closed", "erased"]
    account_kind: AccountKind | None = None
    own_domains: tuple[str, ...] | None = None
    own_emails: tuple[str, ...] | None = None
    own_phones: tuple[str, ...] | None = None
    complete: bool | None = None
    email_class: Literal["business", "free", "disposable", "unknown"] | None = None


class MeritEarned(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="merit_earned"):
    """An answer of this account was accepted, or a post of it endorsed, by somebody else."""

    account: str
    merit: Literal["accepted_answer", "endorsement"]
    post: str
    by: str


class ReportFiled(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_filed"):
    """A report, at the reporter's own account: muted? flooding? about oneself? It is forwarded from there."""

    report: str
    reporter: str
    subject_account: str
    post: str | None
    revision: int | None
    reason: ReportReason
    content_ref: str | None
    reason_ref: str | None


class ReportWeighed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_weighed"):
    """A report, at the account that it is about. `weight` is in thousandths.

    `by_email`: the reporter is a keyed digest.
    """

    report: str
    reporter: str
    by_email: bool
    weight: int
    subject_account: str
    post: str | None
    revision: int | None
    reason: ReportReason
    content_ref: str | None
    reason_ref: str | None


class ReportWithdrawn(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_withdrawn"):
    """The reporter takes a report back: first at the reporter, then forwarded to the subject."""

    report: str
    reporter: str
    subject_account: str
    at: Literal["reporter", "subject"]


class ReportAnswered(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_answered"):
    """What became of a report, told to the reporter's account once."""

    report: str
    reporter: str
    outcome: ReportOutcome


class NoticeDelivered(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="notice_delivered"):
    """The platform told the account of a strike or sanction, at the signal's `occurred_at`."""

    account: str
    about: str


class SanctionReported(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="sanction_reported"):
    """The platform carried a sanction out, or couldn't."""

    account: str
    sanction: str
    result: Literal["carried_out", "failed"]
    code: str = ""


class Decided(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="decided"):
    """A person's decision. Which fields a decision needs is the contract in `events/decisions.py`.

    `target` is a strike's, sanction's, case's, report's or post's id, or empty for the account itself.
    `version` is the version of the target that the person saw.
    """

    account: str
    decision: str
    target_kind: Literal["account", "strike", "sanction", "case", "report", "post"]
    target: str
    version: int | None
    reason_ref: str | None
    guideline: str | None = None
    case: str | None = None
    severity: int | None = None
    sanction_kind: str | None = None
    until: Moment | None = None
    post: str | None = None
    revision: int | None = None
    outcome: str | None = None
    report: str | None = None
    other: str | None = None
    act_at: Moment | None = None


class Tick(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="tick"):
    """The clock's word for what time it is in this partition."""

    at: Moment


class PolicyActivated(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="policy_activated"):
    """From here on this partition decides by this policy. A `sequence` not above the last one is ignored."""

    version: str
    sequence: int


Body = (
    PostScreened
    | AccountChanged
    | MeritEarned
    | ReportFiled
    | ReportWeighed
    | ReportWithdrawn
    | ReportAnswered
    | NoticeDelivered
    | SanctionReported
    | Decided
    | Tick
    | PolicyActivated
)


class Signal(msgspec.Struct, frozen=True, gc=False):
    """One message to one entity.

    `occurred_at` is the producer's claim, clamped to `received_at`, the broker's log-append time of the input
    record. `id` is derived from the event and the entity; `causation_id` is the id of the event or signal
    that led here, `correlation_id` that of the first one. Times have a time zone.
    """

    id: str
    entity: str
    occurred_at: Moment
    received_at: Moment
    actor: Actor
    causation_id: str
    correlation_id: str
    policy_version: str
    body: Body
    origin: Origin | None = None
    imported: bool = False
    schema: int = SIGNAL_SCHEMA
