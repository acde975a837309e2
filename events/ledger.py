"""The ledger: one entry per applied signal, with everything that was decided.

The ledger is the only source of every projection, replay and export, and its bytes are hashed into a chain,
so the same rule holds as for signals: fields are only ever added at the end, with a default. Outcomes say
what became true; `evolve` folds them into state, and nothing else does.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

import msgspec

from events.signals import (
    AccountKind,
    Actor,
    CarriedPast,
    ContactBar,
    ContentAction,
    FingerprintSort,
    Key,
    ProfileSaid,
    ReportReason,
    Signal,
    Span,
)

LEDGER_SCHEMA: Final = 1
GENESIS_PREFIX: Final = "goodstanding-ledger:"

SanctionKind = Literal[
    "warning",
    "content_removal",
    "posting_restriction",
    "link_restriction",
    "message_restriction",
    "report_restriction",
    "suspension",
    "termination",
]
SanctionOrigin = Literal["ladder", "rule", "manual", "termination_proposal", "import", "mute"]
StrikeStatus = Literal["active", "overturned", "waived", "withdrawn"]
CaseKind = Literal[
    "finding",
    "report",
    "strike",
    "rule_failed",
    "failed",
    "termination",
    "welfare",
    "restricted",
    "campaign",
    "link",
    "referral",
    "appeal",
]

FindingEffect = Literal["shadow", "review", "beside", "folded", "told", "cleared"]
RemovalStatus = Literal["overturned", "waived", "withdrawn"]
LiftReason = Literal[
    "ended",
    "lifted",
    "waived",
    "overturned",
    "withdrawn",
    "replaced",
    "dismissed",
    "restored",
    "post_deleted",
]
ProposalReason = Literal["points", "s4", "episode", "person"]
SettleResult = Literal["confirmed", "dismissed", "withdrawn", "reversed"]
ReferralResult = Literal["confirmed", "dismissed"]
ReportResult = Literal[
    "forwarded", "ignored_muted", "ignored_self", "ignored_duplicate", "ignored_flood", "withdrawn"
]
AppealOutcome = Literal["granted", "partly_granted", "denied"]
CaseResult = Literal[
    "confirmed",
    "dismissed",
    "overturned",
    "moved",
    "settled",
    "redecided",
    "granted",
    "partly_granted",
    "denied",
]
LinkStrength = Literal["none", "possible", "probable"]
RefusalCode = Literal[
    "stale",
    "version_missing",
    "unknown_target",
    "already_done",
    "not_allowed",
    "not_supported",
    "second_person_needed",
    "invalid",
    "capability_missing",
    "involved",
    "too_late",
]


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What a strike, sanction or case rests on. The text itself is in `contents`, under `content_ref`."""

    rule: str
    rule_version: int
    rules_digest: str
    confidence: int
    spans: tuple[Span, ...]
    term_class: str
    reason: str
    content_ref: str | None
    content_digest: str | None


class Detection(msgspec.Struct, frozen=True, gc=False):
    """How it was found, and by whom it was decided: what a notice must say apart from each other."""

    source: Literal["own_initiative", "report", "legal_notice"]
    automated_detection: bool
    automated_decision: bool


class Notice(msgspec.Struct, frozen=True, gc=False):
    """The facts of a notice, frozen when an adverse outcome is decided.

    The guideline's text is that of `policy_version`, which is kept for ever. When it takes effect, what is
    restricted and until when is said by the outcome that holds the notice. `appeal_days` counts from the
    notice's delivery.
    """

    guideline: str
    policy_version: str
    facts: str
    content_ref: str | None
    content_at: datetime | None
    detection: Detection
    appeal_days: int
    reason_ref: str | None = None


class Price(msgspec.Struct, frozen=True, gc=False):
    """What a severity costs: points, for so many days. `days` None: no expiry."""

    severity: int
    points: int
    days: int | None


# --- what became known -------------------------------------------------------------------------------------


class AccountNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="account_noted"):
    """Facts of the account changed; None means: as before.

    `keys` are those that it was seen with for the first time, or again after long.
    """

    change: str
    effective_at: datetime
    account_kind: AccountKind | None = None
    own_domains: tuple[str, ...] | None = None
    own_emails: tuple[str, ...] | None = None
    own_phones: tuple[str, ...] | None = None
    complete: bool | None = None
    email_class: str | None = None
    profile: ProfileSaid | None = None
    keys: tuple[Key, ...] = ()


class ProfileNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="profile_noted"):
    """What the account's profile lacks of what the policy asks for. `due_at`: when it is to be reminded."""

    missing: tuple[str, ...]
    due_at: datetime | None
    effective_at: datetime


class ProfileReminded(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="profile_reminded"):
    """The grace period is over, and the account is asked to complete its profile. Never a strike.

    `encouraged` is what it lacks as well, and may go on without.
    """

    missing: tuple[str, ...]
    encouraged: tuple[str, ...]
    guideline: str
    policy_version: str
    effective_at: datetime


class MeritNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="merit_noted"):
    """A merit was earned."""

    merit: str
    post: str
    by: str
    effective_at: datetime


class MeritGivenNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="merit_given_noted"):
    """The account praised another: merits that it has from there were given in return."""

    to: str
    effective_at: datetime


class FindingNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="finding_noted"):
    """A finding that is no strike of its own.

    It is recorded in shadow, sent to review, stands beside a worse one, is folded into a full record, or was
    told to the author without a strike.
    """

    act: str
    post: str
    revision: int
    guideline: str
    case: str
    severity: int
    effect: FindingEffect
    evidence: Evidence
    effective_at: datetime


class PostChanged(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="post_changed"):
    """A post on record was edited or deleted by its author."""

    act: str
    post: str
    revision: int
    change: Literal["edited", "deleted"]
    effective_at: datetime


class NoticeNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="notice_noted"):
    """The account was told of a strike or sanction. `episode`: it was told of this episode's first act.

    `appeal_until` (exclusive): until when it can be appealed; None where it was told of that before.
    """

    about: str
    episode: str | None
    effective_at: datetime
    appeal_until: datetime | None = None


class SanctionCarried(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="sanction_carried"):
    """The platform says that it carried a sanction out, or that it couldn't."""

    sanction: str
    result: Literal["carried_out", "failed"]
    code: str
    effective_at: datetime


# --- strikes -----------------------------------------------------------------------------------------------


class StrikeIssued(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="strike_issued"):
    """An act went on the account's record.

    `price` is frozen, and so is `raised`, the price that the act's episode takes from the act on that makes
    it `acts_to_raise`. `counts_as` says whether the act is a strike or the warning that comes first.
    Membership of `episode` is frozen as well. `imported`: it was brought over from elsewhere, and issued when
    it happened. `targets` are the accounts that the post answers or mentions. `past`: what went before at
    the person's former account, from where it was carried over.
    """

    strike: str
    act: str
    post: str | None
    revision: int | None
    guideline: str
    case: str
    severity: int
    price: Price
    raised: Price
    counts_as: Literal["strike", "warning"]
    warning_first: bool
    episode: str
    episode_opened: bool
    occurred_at: datetime
    effective_at: datetime
    expires_at: datetime | None
    told_by: datetime
    actor: Actor
    confirmed: bool
    evidence: Evidence | None
    notice: Notice
    policy_version: str
    pricing_version: str
    acts_to_raise: int = 5
    imported: bool = False
    targets: tuple[str, ...] = ()
    past: CarriedPast | None = None


class StrikeAmended(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="strike_amended"):
    """A strike changed: a worse revision, a warning that moved, a reduction, another guideline.

    From now on the record is as said here. A revision, and what makes it more severe, counts from now on and
    is unconfirmed; any other correction counts from the strike's issue. `policy_version`: whose ladder it
    climbs.
    """

    strike: str
    because: Literal["revision", "warning_moved", "reduced", "reclassified", "episode_raised"]
    guideline: str
    case: str
    severity: int
    price: Price
    raised: Price
    counts_as: Literal["strike", "warning"]
    expires_at: datetime | None
    effective_at: datetime
    actor: Actor
    revision: int | None = None
    evidence: Evidence | None = None
    notice: Notice | None = None
    policy_version: str = ""


class StrikeConfirmed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="strike_confirmed"):
    """A person stands behind a strike. `policy_version`: whose ladder it climbs."""

    strike: str
    actor: Actor
    effective_at: datetime
    policy_version: str


class StrikeRemoved(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="strike_removed"):
    """A strike no longer counts; the record keeps it.

    It is overturned (it was wrong), waived (discretion) or withdrawn (the account is staff, so a person
    looks).
    """

    strike: str
    status: RemovalStatus
    actor: Actor
    reason_ref: str | None
    effective_at: datetime


class StrikeExpired(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="strike_expired"):
    """A strike's points ran out, at `effective_at`."""

    strike: str
    effective_at: datetime


class EpisodeLapsed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="episode_lapsed"):
    """A price ran out that is no strike's own expiry: a raised one, or one confirmed before a worse one."""

    episode: str
    effective_at: datetime


# --- sanctions ---------------------------------------------------------------------------------------------


class SanctionImposed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="sanction_imposed"):
    """A sanction took effect. `ends_at` None: until lifted. `decision` is the signal that led to it.

    `apart`: content that is away for a reason of its own, so that no strike that falls brings it back.
    """

    sanction: str
    sanction_kind: SanctionKind
    origin: SanctionOrigin
    starts_at: datetime
    ends_at: datetime | None
    rung: int
    strikes: tuple[str, ...]
    decision: str
    actor: Actor
    notice: Notice
    effective_at: datetime
    content_action: ContentAction = "none"
    post: str | None = None
    revision: int | None = None
    apart: bool = False


class SanctionAmended(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="sanction_amended"):
    """A sanction changed: its end moved, or the content went further away.

    `because` says why; `overturned`: strikes fell, and it was recomputed. `notice`: what the
    account must be told where it is worse off.
    """

    sanction: str
    because: Literal["reduced", "extended", "overturned", "revision"]
    ends_at: datetime | None
    actor: Actor
    reason_ref: str | None
    effective_at: datetime
    content_action: ContentAction | None = None
    notice: Notice | None = None


class SanctionLifted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="sanction_lifted"):
    """A sanction is over. `decision` names the signal that imposed it.

    `restored`: the post is to be shown again; it still exists, and nothing else keeps it away.
    """

    sanction: str
    sanction_kind: SanctionKind
    because: LiftReason
    decision: str
    actor: Actor
    reason_ref: str | None
    effective_at: datetime
    post: str | None = None
    restored: bool = False


class TerminationProposed(
    msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="termination_proposed"
):
    """Termination awaits a second person. `proposer` may not be the one who confirms."""

    proposal: str
    proposer: Actor
    because: ProposalReason
    strikes: tuple[str, ...]
    effective_at: datetime


class TerminationSettled(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="termination_settled"):
    """A proposed termination was confirmed by a second person, turned down, or lost its ground."""

    proposal: str
    result: SettleResult
    actor: Actor
    effective_at: datetime


# --- reports and cases -------------------------------------------------------------------------------------


class ReportNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_noted"):
    """At the reporter's account: what became of a report that was filed."""

    report: str
    subject_account: str
    result: ReportResult
    weight: int
    effective_at: datetime
    post: str | None = None
    revision: int | None = None


class ReportFolded(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_folded"):
    """At the subject's account: a report was folded into a case."""

    report: str
    reporter: str
    by_email: bool
    case: str
    reason: ReportReason
    weight: int
    content_ref: str | None
    reason_ref: str | None
    effective_at: datetime
    withdrawn: bool = False
    revision: int | None = None
    linked: tuple[str, ...] = ()


class ReportSettled(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="report_settled"):
    """At the reporter's account: the outcome of a report that it is told of, once.

    `instead_of`: what it was told before, where that turned out to be wrong.
    """

    report: str
    outcome: str
    effective_at: datetime
    instead_of: str | None = None


class ReporterMuted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="reporter_muted"):
    """This account's reports are, or are no longer, ignored; with `until`, the clock ends it.

    So it was said before being muted became a sanction (a `report_restriction` of the origin `mute`), which
    can be told of and appealed. Of such an earlier mute the end is still noted. `notice` is what the account
    must be told.
    """

    muted: bool
    actor: Actor
    reason_ref: str | None
    effective_at: datetime
    until: datetime | None = None
    notice: Notice | None = None


class CaseFinding(msgspec.Struct, frozen=True, gc=False):
    """A finding as a case holds it: what a confirmation would make a strike of.

    `targets` are the accounts that the post answers or mentions, or whom it concerns otherwise.
    """

    act: str
    post: str | None
    revision: int | None
    guideline: str
    case: str
    severity: int
    occurred_at: datetime
    evidence: Evidence
    pricing_version: str
    source: Literal["own_initiative", "report"] = "own_initiative"
    targets: tuple[str, ...] = ()


class CaseOpened(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="case_opened"):
    """A question about a subject for a person to answer. `subject` is an act (`post:…`) or the account."""

    case: str
    subject: str
    case_kind: CaseKind
    urgent: bool
    summary: str
    effective_at: datetime


class CaseUpdated(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="case_updated"):
    """Something was added to an open case. A report alone leaves its version as it was.

    `escalated`: it is urgent from here on; with an `actor`, since that person passed it on. `case_kind`: what
    was added isn't for everybody, and the case is of that kind from here on.
    """

    case: str
    version: int
    effective_at: datetime
    strike: str | None = None
    finding: CaseFinding | None = None
    failed_rules: tuple[str, ...] = ()
    failed_signal: Signal | None = None
    escalated: bool | None = None
    note_ref: str | None = None
    actor: Actor | None = None
    case_kind: CaseKind | None = None


class CaseClosed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="case_closed"):
    """A case was answered."""

    case: str
    version: int
    result: CaseResult
    actor: Actor
    reason_ref: str | None
    effective_at: datetime
    report_outcome: str | None = None


class PostCleared(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="post_cleared"):
    """A person cleared this revision of a post: reports alone no longer hide it."""

    post: str
    revision: int
    actor: Actor
    effective_at: datetime


class NoteAdded(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="note_added"):
    """A person left a note on the account; its text is in `contents`."""

    note_ref: str | None
    actor: Actor
    effective_at: datetime


# --- appeals -----------------------------------------------------------------------------------------------


class AppealFiled(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="appeal_filed"):
    """A complaint about an adverse outcome was taken in, and awaits a person in the case of the same id.

    `about` is a strike or a sanction, `about_kind` says what it was: `strike`, or the kind of the sanction.
    `strikes` are those that it rests on. `filed_as` is the platform's own id of it. `open_until` (exclusive):
    how long there was to file it.
    """

    appeal: str
    filed_as: str
    about: str
    about_kind: str
    by: Literal["account", "platform"]
    strikes: tuple[str, ...]
    text_ref: str | None
    open_until: datetime
    effective_at: datetime


class AppealDecided(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="appeal_decided"):
    """A person answered an appeal; the account reads the reason. What follows from it stands beside this.

    `strikes` are those that fell. Partly granted, a strike may be reduced to `severity` instead, or a
    sanction end at `until`.
    """

    appeal: str
    filed_as: str
    about: str
    outcome: AppealOutcome
    strikes: tuple[str, ...]
    version: int
    actor: Actor
    reason_ref: str | None
    effective_at: datetime
    severity: int | None = None
    until: datetime | None = None


# --- referrals ---------------------------------------------------------------------------------------------


class ReferralProposed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="referral_proposed"):
    """Law enforcement is to be told of what a case is about. It awaits a second person, in `case`.

    `about` is the case that it came from. The contents in `refs`, and whatever is kept of `posts`, are held.
    `emergency`: it was told at once, and a second person is to look by `review_by`.
    """

    referral: str
    case: str
    about: str
    emergency: bool
    posts: tuple[str, ...]
    refs: tuple[str, ...]
    actor: Actor
    reason_ref: str | None
    review_by: datetime | None
    effective_at: datetime


class ReferralOverdue(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="referral_overdue"):
    """No second person has looked at an emergency's referral in time: its case is urgent now."""

    referral: str
    case: str
    effective_at: datetime


class ReferralSettled(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="referral_settled"):
    """A second person confirmed a referral, or turned it down: then what it held is let go."""

    referral: str
    result: ReferralResult
    actor: Actor
    reason_ref: str | None
    effective_at: datetime


# --- identities --------------------------------------------------------------------------------------------


class KeyHeld(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="key_held"):
    """At an identity: an account has the key. `lapsed` had it too long ago.

    `saturated_until`: so many have it that it says nothing until then, and all are forgotten.
    """

    account: str
    key: Key
    staff: bool
    effective_at: datetime
    lapsed: tuple[str, ...] = ()
    saturated_until: datetime | None = None


class KeyDropped(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="key_dropped"):
    """At an identity: an account is forgotten there; a bar stays, without its name."""

    account: str
    effective_at: datetime


class BarNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="bar_noted"):
    """At an identity: it is barred since `since`, or (`barred` false) no longer."""

    account: str
    bar: str
    since: datetime
    barred: bool
    effective_at: datetime


class PairNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="pair_noted"):
    """At the smaller of two accounts: what it has in common with the other, and how strong that makes a link.

    `asked`: a case asks a person about it. It has no effect before one has answered.
    """

    other: str
    key: Key
    shared: bool
    weight: int
    strength: LinkStrength
    asked: bool
    effective_at: datetime


class BarMetNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="bar_met_noted"):
    """The account has a key of one that was terminated before it registered; `met` false: no longer.

    `asked`: a case asks a person about it; `held`: its posts are held until then.
    """

    bar: str
    other: str
    key: Key
    met: bool
    asked: bool
    held: bool
    effective_at: datetime


class NameNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="name_noted"):
    """The account's name looks like that of another, or (`other` empty) like one of the community's own."""

    other: str
    staff: bool
    effective_at: datetime


class LinkNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="link_noted"):
    """A person found that this account and another are one person's, or that they are not."""

    other: str
    linked: bool
    actor: Actor
    reason_ref: str | None
    effective_at: datetime


class MergeNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="merge_noted"):
    """A person carried a record over, without fault, or (`merged` false) took that back.

    At the former account (`into` true) `other` is the one where the record goes on; there, `other` is the
    former one. `strikes` are those that went along, by their ids at the former account.
    """

    other: str
    into: bool
    merged: bool
    strikes: tuple[str, ...]
    actor: Actor
    reason_ref: str | None
    effective_at: datetime


# --- what adds up over time --------------------------------------------------------------------------------


class PostRemembered(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="post_remembered"):
    """At its author: a post by whose fingerprints it may be recognised again.

    What was received before `forget_before` is forgotten. `spreads`: it links somewhere, offers or contacts,
    so that the same text by others makes a campaign. `new_account`: its author had just registered.
    """

    post: str
    revision: int
    thread: str | None
    text: str | None
    domains: tuple[str, ...]
    spreads: bool
    new_account: bool
    occurred_at: datetime
    received_at: datetime
    content_ref: str | None
    content_digest: str | None
    forget_before: datetime
    effective_at: datetime


class PostForgotten(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="post_forgotten"):
    """At its author: the post was deleted, or edited so that it bears no fingerprint any more."""

    post: str
    effective_at: datetime


class CampaignLearned(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="campaign_learned"):
    """At an account: what has this fingerprint is part of a campaign, until `until`."""

    fingerprint: str
    sort: FingerprintSort
    authors: int
    until: datetime
    effective_at: datetime


class SightingNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="sighting_noted"):
    """At a campaign: an account posted what has this fingerprint, or (`taken_back`) took it back.

    Whatever was received before `forget_before` is forgotten.
    """

    fingerprint: str
    sort: FingerprintSort
    account: str
    post: str
    thread: str | None
    received_at: datetime
    forget_before: datetime
    effective_at: datetime
    taken_back: bool = False


class CampaignEstablished(
    msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="campaign_established"
):
    """At a campaign: so many accounts posted what has this fingerprint that they act as one."""

    fingerprint: str
    sort: FingerprintSort
    authors: int
    threads: int
    effective_at: datetime


class CampaignSaturated(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="campaign_saturated"):
    """At a campaign: more accounts than are remembered posted what has this fingerprint.

    No more is said of it until all of them are forgotten.
    """

    fingerprint: str
    authors: int
    effective_at: datetime


class HostilityNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="hostility_noted"):
    """At its author: a post was hostile to these accounts; to none (no `targets`): it is no longer.

    What was received before `forget_before` is forgotten.
    """

    post: str
    revision: int
    targets: tuple[str, ...]
    occurred_at: datetime
    received_at: datetime
    evidence: Evidence | None
    forget_before: datetime
    effective_at: datetime


class HostilityReceived(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="hostility_received"):
    """At the target: a post of `by` was hostile to this account, or (`taken_back`) is no longer."""

    by: str
    post: str
    thread: str | None
    received_at: datetime
    forget_before: datetime
    effective_at: datetime
    taken_back: bool = False


class BadgeringRaised(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="badgering_raised"):
    """At its author: these posts, hostile to one account, were put before a person.

    They count no second time.
    """

    target: str
    posts: tuple[str, ...]
    case: str
    effective_at: datetime


class PileOnRaised(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="pile_on_raised"):
    """At the target: that so many were hostile to it within the hour was put before a person."""

    authors: tuple[str, ...]
    case: str
    effective_at: datetime


class ContactNoted(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="contact_noted"):
    """This account is not to write to `by` any more, which blocked it or asked it to stop; or may again."""

    by: str
    how: ContactBar
    barred: bool
    effective_at: datetime


# --- refusals ----------------------------------------------------------------------------------------------


class Refused(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="refused"):
    """A decision that had no effect, and why. `current_version` is what the decider should have seen."""

    decision: str
    code: RefusalCode
    message: str
    remedy: str
    effective_at: datetime
    current_version: int | None = None


class Failed(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="failed"):
    """Deciding raised, or its result was too large: a fault of ours. A case holds the signal.

    `at_tick`: what was due at this account could not be decided; the clock leaves it alone until the case is
    answered.
    """

    error: str
    case: str
    effective_at: datetime
    at_tick: bool = False


Outcome = (
    AccountNoted
    | MeritNoted
    | FindingNoted
    | PostChanged
    | NoticeNoted
    | SanctionCarried
    | StrikeIssued
    | StrikeAmended
    | StrikeConfirmed
    | StrikeRemoved
    | StrikeExpired
    | EpisodeLapsed
    | SanctionImposed
    | SanctionAmended
    | SanctionLifted
    | TerminationProposed
    | TerminationSettled
    | ReportNoted
    | ReportFolded
    | ReportSettled
    | ReporterMuted
    | CaseOpened
    | CaseUpdated
    | CaseClosed
    | PostCleared
    | NoteAdded
    | Refused
    | Failed
    | ProfileNoted
    | ProfileReminded
    | MeritGivenNoted
    | KeyHeld
    | KeyDropped
    | BarNoted
    | PairNoted
    | BarMetNoted
    | NameNoted
    | LinkNoted
    | PostRemembered
    | PostForgotten
    | CampaignLearned
    | SightingNoted
    | CampaignEstablished
    | CampaignSaturated
    | HostilityNoted
    | HostilityReceived
    | BadgeringRaised
    | PileOnRaised
    | ContactNoted
    | ReferralProposed
    | ReferralOverdue
    | ReferralSettled
    | MergeNoted
    | AppealFiled
    | AppealDecided
)


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A short summary of an account, bounded in size.

    `rung` is the effective one. `suspended_until` is the latest end; None where one of them has none.
    `merits` leaves out what was given in return; `profile_missing` is what the profile lacks of what the
    policy asks for.
    """

    version: int
    account_kind: AccountKind | None
    active_points: int
    confirmed_points: int
    active_strikes: int
    warnings: int
    total_strikes: int
    rung: int
    suspended: bool
    suspended_until: datetime | None
    terminated: bool
    termination_proposed: bool
    restrictions: tuple[str, ...]
    hidden_posts: int
    merits: int
    open_cases: int
    reporter_muted: bool
    profile_missing: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One applied signal.

    `sequence` counts per entity from 1. `previous` is the SHA-256 (hex) of the preceding entry's bytes in the
    partition.
    """

    entity: str
    sequence: int
    recorded_at: datetime
    cause: Signal
    policy_version: str
    rules_digest: str
    decider_version: str
    outcomes: tuple[Outcome, ...]
    emitted: tuple[Signal, ...]
    standing: Standing
    previous: str
    schema: int = LEDGER_SCHEMA


def genesis(partition: int, prefix: str = "") -> str:
    """What the first entry of a partition names as `previous`: a hash of the prefix and its number."""
    return sha256(f"{GENESIS_PREFIX}{prefix}:{partition}".encode()).hexdigest()
