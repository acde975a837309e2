"""What each event is to enforcement.

The signals that it becomes, and the free text that goes to `contents` instead.

Nothing personal goes on: addresses and numbers become keyed digests, free text a reference.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol

import msgspec

from events.accounts import (
    AccountBlocked,
    AccountClosed,
    AccountErased,
    AccountProfileUpdated,
    AccountRegistered,
    AccountSignedIn,
    AccountUnion,
    AccountVerified,
    AppealFiled,
    NoticeDelivered,
    Profile,
    SanctionCarriedOut,
    SanctionFailed,
)
from events.codec import encode
from events.contents import Content, ContentKind, content_ref, encode_content
from events.decisions import DecisionUnion, reason_kind, to_decided
from events.ids import account_entity, derived_id, subject_entity
from events.posts import AnswerAccepted, PostEndorsed
from events.reports import ReportFiled, ReportUnion
from events.signals import (
    AccountChanged,
    Actor,
    Body,
    ContactRefused,
    MeritEarned,
    Origin,
    ReportWeighed,
    SanctionReported,
    Signal,
)
from events.signals import AppealFiled as AppealSignal
from events.signals import NoticeDelivered as NoticeSignal
from events.signals import ReportFiled as ReportSignal
from events.signals import ReportWithdrawn as WithdrawnSignal
from services.runtime.stage import Output, Record
from services.screening.digests import IdentityKey, domain_form, email_form, phone_form
from services.screening.email_class import EmailClass, is_placeholder
from services.screening.persons import (
    AccountRules,
    is_reserved,
    profile_keys,
    profile_said,
    sign_in_keys,
    verified_keys,
)

PLATFORM: Final = Actor("platform", "platform")
SCREENING: Final = Actor("rule", "screening")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROFILE_REQUIRED: Final = ("company", "title", "business_address")


class Sent(Protocol):
    """What the envelope of every event has."""

    @property
    def id(self) -> str:
        """The producer's id of it."""

    @property
    def type(self) -> str:
        """What happened, with its version."""

    @property
    def time(self) -> datetime:
        """The producer's claim."""

    @property
    def correlationid(self) -> str | None:
        """The first event of a chain."""

    @property
    def imported(self) -> bool:
        """Whether it is backfilled history."""


class Context(msgspec.Struct, frozen=True, gc=False):
    """What every output of one input record has in common.

    Times are UTC; `received_at` is the record's timestamp.
    """

    origin: Origin
    occurred_at: datetime
    received_at: datetime
    correlation: str
    imported: bool
    policy_version: str

    def signal(self, entity: str, body: Body, actor: Actor, kind: str | None = None) -> Output:
        """The signal to an entity.

        `kind`, the body's where it isn't given, tells signals of one event to one entity apart.
        """
        event = self.origin.event
        signal = Signal(
            id=derived_id(entity, event, kind or str(type(body).__struct_config__.tag)),
            entity=entity,
            occurred_at=self.occurred_at,
            received_at=self.received_at,
            actor=actor,
            causation_id=event,
            correlation_id=self.correlation,
            policy_version=self.policy_version,
            body=body,
            origin=self.origin,
            imported=self.imported,
        )
        return Output("signals", entity.encode(), encode(signal))

    def text(self, account: str, kind: ContentKind, text: str | None) -> tuple[str | None, list[Output]]:
        """Free text as content: its reference, and the record to send; nothing for no text."""
        if text is None:
            return None, []
        ref = content_ref(account, self.origin.event, kind)
        content = Content(ref, account, kind, text, self.occurred_at, self.received_at)
        return ref, [content_output(content)]


def context(topic: str, record: Record, event: Sent, policy_version: str) -> Context:
    """The context of an event in a record of a topic (the catalogue's name).

    What happened later than it was received happened when it was received.
    """
    received_at = received(record)
    return Context(
        Origin(topic, record.partition, record.offset, event.id, event.type),
        min(event.time.astimezone(UTC), received_at),
        received_at,
        event.correlationid or event.id,
        event.imported,
        policy_version,
    )


def received(record: Record) -> datetime:
    """A record's timestamp."""
    return EPOCH + timedelta(milliseconds=record.timestamp)


def content_output(content: Content) -> Output:
    """A snapshot's record."""
    return Output("contents", content.ref.encode(), encode_content(content))


def forward_merit(at: Context, event: PostEndorsed | AnswerAccepted) -> list[Output]:
    """Praise, to the one who earned it. The contract refuses one's own."""
    merit = MeritEarned(
        account=event.subject,
        merit="accepted_answer" if isinstance(event, AnswerAccepted) else "endorsement",
        post=event.data.post,
        by=event.data.by,
    )
    return [at.signal(account_entity(event.subject), merit, Actor("account", event.data.by))]


def forward_decision(at: Context, event: DecisionUnion) -> list[Output]:
    """A person's decision, to the account or campaign that it is about; its reason apart."""
    ref, contents = at.text(event.subject, reason_kind(event), event.data.reason)
    actor = Actor("person", event.data.actor.id)
    return [*contents, at.signal(subject_entity(event.subject), to_decided(event, ref), actor)]


def forward_report(at: Context, event: ReportUnion, key: IdentityKey) -> list[Output]:
    """A report, to the reporter's own account.

    One by e-mail has none, and goes to its subject with no weight.
    """
    data, about = event.data, event.data.about
    subject = account_entity(about.account)
    if data.reporter.email is not None:
        reporter = key.digest("reporter", email_form(data.reporter.email))
        entity, actor = subject, Actor("person", reporter)
    else:
        reporter = event.subject
        entity, actor = account_entity(reporter), Actor("account", reporter)
    by_email = data.reporter.email is not None
    if not isinstance(event, ReportFiled):
        withdrawn = WithdrawnSignal(
            data.report, reporter, about.account, "subject" if by_email else "reporter"
        )
        return [at.signal(entity, withdrawn, actor)]
    content, copies = _copy(at, event)
    # Without an account of the reporter's, the words are kept with the account that they are about.
    reason, texts = at.text(about.account if by_email else reporter, "reason", event.data.text)
    body: Body
    if by_email:
        body = ReportWeighed(
            data.report,
            reporter,
            True,
            0,
            about.account,
            about.post,
            about.revision,
            event.data.reason,
            content,
            reason,
        )
    else:
        body = ReportSignal(
            data.report,
            reporter,
            about.account,
            about.post,
            about.revision,
            event.data.reason,
            content,
            reason,
        )
    return [*copies, *texts, at.signal(entity, body, actor)]


def _copy(at: Context, event: ReportFiled) -> tuple[str | None, list[Output]]:
    copy, about = event.data.report_copy, event.data.about
    if copy is None:
        return None, []
    ref = content_ref(about.account, at.origin.event, "report_copy")
    content = Content(
        ref,
        about.account,
        "report_copy",
        copy.body,
        at.occurred_at,
        at.received_at,
        post=about.post,
        revision=about.revision,
        title=copy.title,
        links=copy.links,
    )
    return ref, [content_output(content)]


def forward_account(at: Context, event: AccountUnion, key: IdentityKey, rules: AccountRules) -> list[Output]:
    """What became known of an account, or an appeal of its.

    A sign-in without anything to recognise leads to nothing.
    """
    account = event.subject
    entity = account_entity(account)
    match event:
        case AppealFiled():
            return _appeal(at, event)
        case AccountBlocked():
            refused = ContactRefused(account, event.data.account, event.data.blocked)
            return [at.signal(entity, refused, Actor("account", account))]
        case NoticeDelivered():
            return [at.signal(entity, NoticeSignal(account, event.data.about), PLATFORM)]
        case SanctionCarriedOut():
            return [
                at.signal(entity, SanctionReported(account, event.data.sanction, "carried_out"), PLATFORM)
            ]
        case SanctionFailed():
            return [
                at.signal(
                    entity,
                    SanctionReported(account, event.data.sanction, "failed", event.data.code),
                    PLATFORM,
                )
            ]
    changed = _changed(event, key, rules)
    return [] if changed is None else [at.signal(entity, changed, PLATFORM)]


def _appeal(at: Context, event: AppealFiled) -> list[Output]:
    """An appeal, to its account; what it says apart."""
    account, data = event.subject, event.data
    ref, contents = at.text(account, "appeal", data.text)
    body = AppealSignal(account, data.appeal, data.about, data.by, ref)
    actor = PLATFORM if data.by == "platform" else Actor("account", account)
    return [*contents, at.signal(account_entity(account), body, actor)]


def _changed(event: AccountUnion, key: IdentityKey, rules: AccountRules) -> AccountChanged | None:
    """What became known; None: nothing."""
    account = event.subject
    match event:
        case AccountRegistered():
            changed = _profile(account, "registered", event.data.profile, key, rules)
            return msgspec.structs.replace(
                changed, account_kind=event.data.kind, complete=bool(changed.complete)
            )
        case AccountProfileUpdated():
            changed = _profile(account, "updated", event.data.profile, key, rules)
            return msgspec.structs.replace(changed, account_kind=event.data.kind)
        case AccountVerified():
            keys = verified_keys(event, key, rules.region)
            return msgspec.structs.replace(_verified(account, event, key, rules.region), keys=keys)
        case AccountSignedIn():
            keys = sign_in_keys(event, key)
            return AccountChanged(account, "signed_in", keys=keys) if keys else None
        case AccountClosed():
            return AccountChanged(account, "closed")
        case AccountErased():
            return AccountChanged(account, "erased")
        case _:
            return None


def _profile(
    account: str,
    change: Literal["registered", "updated"],
    profile: Profile,
    key: IdentityKey,
    rules: AccountRules,
) -> AccountChanged:
    """What a profile says. A field that was left out says nothing, an empty one that there is none."""
    said = profile.model_fields_set
    address = profile.business_address
    emails: tuple[str, ...] | None = None
    domains: tuple[str, ...] | None = None
    kind: EmailClass | None = None
    if "business_address" in said:
        emails, domains, kind = (), (), "unknown"
        if address is not None and not is_placeholder(address):
            kind = rules.emails.of(address)
            emails = (key.digest("email", email_form(address)),)
            # Only a company's domain is somebody's own; everybody has an address at a free provider.
            domains = (key.digest("domain", domain_form(address)),) if kind == "business" else ()
    phones: tuple[str, ...] | None = None
    if "phone" in said:
        number = phone_form(profile.phone, rules.region) if profile.phone else None
        phones = () if number is None else (key.digest("phone", number),)
    return AccountChanged(
        account,
        change,
        own_domains=domains,
        own_emails=emails,
        own_phones=phones,
        complete=_complete(profile),
        email_class=kind,
        profile=profile_said(profile, rules.emails, whole=change == "registered"),
        keys=profile_keys(profile, key, rules.region, rules.names),
        name_reserved=is_reserved((profile.display_name, profile.handle), rules.names) or None,
    )


def _complete(profile: Profile) -> bool | None:
    """Whether company, title and business address are all there; None where what was said doesn't tell."""
    required = [getattr(profile, name) for name in _PROFILE_REQUIRED if name in profile.model_fields_set]
    if any(is_placeholder(value, profile.handle) for value in required):
        return False
    return True if len(required) == len(_PROFILE_REQUIRED) else None


def _verified(account: str, event: AccountVerified, key: IdentityKey, region: str) -> AccountChanged:
    """What the platform has checked. A value that can't be read as what it is said to be says nothing."""
    value = event.data.value
    changed = AccountChanged(account, "verified")
    if event.data.what == "email" and "@" in value:
        return msgspec.structs.replace(changed, own_emails=(key.digest("email", email_form(value)),))
    if event.data.what == "domain":
        return msgspec.structs.replace(changed, own_domains=(key.digest("domain", domain_form(value)),))
    number = phone_form(value, region) if event.data.what == "phone" else None
    return (
        changed
        if number is None
        else msgspec.structs.replace(changed, own_phones=(key.digest("phone", number),))
    )
