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
KeyKind = Literal["email", "phone", "verified", "device", "payment", "address", "name"]
"""What accounts can have in common. `verified` is an identity that the platform checked, `address` a block of
network addresses, `name` what a name looks like."""

FingerprintSort = Literal["text", "domain"]
ContactBar = Literal["block", "stop"]


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


class Fingerprints(msgspec.Struct, frozen=True, gc=False):
    """By what a post is recognised again, as keyed digests.

    `text`: the letters of what stands beside its links, with the domains that it links to; None where that is
    so little that many write it by chance. `domains`: those among them that aren't linked to for reference.
    """

    text: str | None
    domains: tuple[str, ...] = ()


class PostScreened(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="post_screened"):
    """A revision of a post with what was found in it; also an edit or deletion in which nothing was found.

    `failed_rules` names rules that raised: an error is a third verdict, and sends the post to review.
    `fingerprints` are there where something was found or linked to; `targets`, where something was found, are
    the accounts that the post answers or mentions.
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
    fingerprints: Fingerprints | None = None
    targets: tuple[str, ...] = ()


class Key(msgspec.Struct, frozen=True, gc=False):
    """Something that accounts can have in common, as a keyed digest.

    `form`, of a name only, is a digest of how it is written: two names that look alike differ in it.
    """

    kind: KeyKind
    digest: str
    form: str = ""


class ProfileSaid(msgspec.Struct, frozen=True, gc=False):
    """Which parts of a profile say something; None: not said, leave as it was.

    `business_address` is true for an address at a company only.
    """

    company: bool | None = None
    title: bool | None = None
    photo: bool | None = None
    business_address: bool | None = None


class AccountChanged(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="account_changed"):
    """What became known of an account. Digests are keyed; None means: not said, leave as it was.

    `keys` are what others may have in common with it. `name_reserved`: its name reads like one that the
    policy keeps for the community itself.
    """

    account: str
    change: Literal["registered", "updated", "verified", "closed", "erased", "signed_in"]
    account_kind: AccountKind | None = None
    own_domains: tuple[str, ...] | None = None
    own_emails: tuple[str, ...] | None = None
    own_phones: tuple[str, ...] | None = None
    complete: bool | None = None
    email_class: Literal["business", "free", "disposable", "unknown"] | None = None
    profile: ProfileSaid | None = None
    keys: tuple[Key, ...] = ()
    name_reserved: bool | None = None


class MeritEarned(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="merit_earned"):
    """An answer of this account was accepted, or a post of it endorsed, by somebody else."""

    account: str
    merit: Literal["accepted_answer", "endorsement"]
    post: str
    by: str


class MeritGiven(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="merit_given"):
    """At who gave it: this account praised `to`; what it has from `to` was given in return."""

    account: str
    to: str


class KeyShared(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="key_shared"):
    """At an identity: this account has the key, or (`shared` false) is to be forgotten there.

    `staff`: the account is the community's own, so that its name is kept for it.
    """

    account: str
    key: Key
    staff: bool = False
    shared: bool = True


class KeyBarred(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="key_barred"):
    """At an identity: the account's membership was ended at `since`, or (`barred` false) that was reversed.

    `bar` names the termination.
    """

    account: str
    bar: str
    key: Key
    since: Moment
    barred: bool = True


class PairShared(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="pair_shared"):
    """From an identity, at the smaller of two accounts: both have the key, or no longer."""

    account: str
    other: str
    key: Key
    shared: bool = True


class BarMet(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="bar_met"):
    """From an identity: the account has a key that was barred at `since`; `met` false: it no longer is.

    `other` is the account that was terminated; empty where that was erased.
    """

    account: str
    bar: str
    other: str
    key: Key
    since: Moment
    met: bool = True


class NameMet(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="name_met"):
    """From an identity: the account's name looks like that of `other`, which had it before or is staff's."""

    account: str
    other: str
    key: Key
    staff: bool


class LinkDecided(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="link_decided"):
    """A person said, at `other`, that it and this account are one person's, or that they are not."""

    account: str
    other: str
    linked: bool


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

    `by_email`: the reporter is a keyed digest. `linked` are accounts that a person found to be the same
    person's as the reporter.
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
    linked: tuple[str, ...] = ()


class ReportWithdrawn(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_withdrawn"):
    """The reporter takes a report back: first at the reporter, then forwarded to the subject."""

    report: str
    reporter: str
    subject_account: str
    at: Literal["reporter", "subject"]


class ReportAnswered(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_answered"):
    """What became of a report, told to the reporter's account once.

    `instead_of`: what it was told before, where that turned out to be wrong.
    """

    report: str
    reporter: str
    outcome: ReportOutcome
    instead_of: ReportOutcome | None = None


class AppealFiled(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="appeal_filed"):
    """A complaint about one adverse outcome. `filed_as` is the platform's own id of it.

    `by`: the account, or somebody at the platform for it.
    """

    account: str
    filed_as: str
    about: str
    by: Literal["account", "platform"]
    text_ref: str | None


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
    `version` is the version of the target that the person saw. `capabilities` are those that the person had
    of the ones that a rule asks about, in order; `actor_account` is the person's own account in the
    community, where they have one.
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
    capabilities: tuple[str, ...] = ()
    actor_account: str | None = None
    strikes: tuple[str, ...] = ()


class FingerprintSighted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="fingerprint_sighted"):
    """At a campaign: a post of this account bears the fingerprint, or (`taken_back`) does no longer.

    `fingerprint` is a whole keyed digest. When it was posted is the signal's `received_at`.
    """

    fingerprint: str
    sort: FingerprintSort
    account: str
    post: str
    thread: str | None
    taken_back: bool = False


class CampaignFound(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="campaign_found"):
    """From a campaign, at an account concerned: so many accounts posted what has this fingerprint."""

    account: str
    fingerprint: str
    sort: FingerprintSort
    authors: int


class HostilitySighted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="hostility_sighted"):
    """At the target: a post of `by` was hostile to this account, or (`taken_back`) is no longer."""

    account: str
    by: str
    post: str
    thread: str | None
    taken_back: bool = False


class ContactRefused(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="contact_refused"):
    """This account blocked `other`, or (`refused` false) took that back."""

    account: str
    other: str
    refused: bool = True


class ContactBarred(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="contact_barred"):
    """At who is not to write any more: `by` blocked this account, or asked it to stop.

    `barred` false: a block was taken back.
    """

    account: str
    by: str
    how: ContactBar
    barred: bool = True


class CarriedPrice(msgspec.Struct, frozen=True, gc=False):
    """What a severity cost where a strike was issued: points, for so many days (None: no expiry)."""

    severity: int
    points: int
    days: int | None


class CarriedReport(msgspec.Struct, frozen=True, gc=False):
    """A report of what was struck, and what its reporter was told. `linked`: accounts of the same person."""

    report: str
    reporter: str
    outcome: str
    linked: tuple[str, ...] = ()


class CarriedPast(msgspec.Struct, frozen=True, gc=False):
    """What is asked of a strike's past where it is decided about and appealed.

    `judges` issued, confirmed or changed it; `case_kinds` are those of its cases that not everybody may
    answer. When, and whether, it was appealed is as at the account that it was issued to.
    """

    judges: tuple[str, ...] = ()
    reports: tuple[CarriedReport, ...] = ()
    case_kinds: tuple[str, ...] = ()
    appeal_days: int = 180
    appeal_until: Moment | None = None
    worse_since: Moment | None = None
    appeal: str | None = None


class CarriedStrike(msgspec.Struct, frozen=True, gc=False):
    """A strike, or the warning that comes first, as it stood at the account that it was issued to.

    `told_at`: when the account was, or counts as, told of its episode's first act. `confirmed_by`: the person
    who stands behind it; None: nobody.
    """

    strike: str
    act: str
    guideline: str
    case: str
    price: CarriedPrice
    raised: CarriedPrice
    counts_as: Literal["strike", "warning"]
    warning_first: bool
    episode: str
    occurred_at: Moment
    issued_at: Moment
    told_at: Moment
    acts_to_raise: int
    confirmed_by: str | None = None
    targets: tuple[str, ...] = ()
    past: CarriedPast | None = None


class RecordCarried(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="record_carried"):
    """A person said that the record of `other`, a former account of the same person's, goes on at this one.

    `carried` false: that is taken back. `strikes` are those that count.
    """

    account: str
    other: str
    strikes: tuple[CarriedStrike, ...]
    reason_ref: str | None
    carried: bool = True


class ReturnedStrike(msgspec.Struct, frozen=True, gc=False):
    """What became of a strike at the account that it was carried to, by the id that it had there.

    `appealed`: an appeal about it awaits an answer there.
    """

    strike: str
    status: Literal["active", "overturned", "waived", "withdrawn"]
    guideline: str
    case: str
    severity: int
    appealed: bool = False


class RecordReturned(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="record_returned"):
    """From `other`, to which this account's record had been carried: how it stood when it was taken back."""

    account: str
    other: str
    strikes: tuple[ReturnedStrike, ...]
    reason_ref: str | None


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
    | MeritGiven
    | KeyShared
    | KeyBarred
    | PairShared
    | BarMet
    | NameMet
    | LinkDecided
    | FingerprintSighted
    | CampaignFound
    | HostilitySighted
    | ContactRefused
    | ContactBarred
    | RecordCarried
    | AppealFiled
    | RecordReturned
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
