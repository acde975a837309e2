"""What each event is to enforcement: the signals that it becomes, and the free text that goes to `contents` instead.

Nothing personal goes on: addresses and numbers become keyed digests, free text a reference.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from events.accounts import (
    AccountClosed,
    AccountErased,
    AccountProfileUpdated,
    AccountRegistered,
    AccountUnion,
    AccountVerified,
    NoticeDelivered,
    Profile,
    SanctionCarriedOut,
    SanctionFailed,
)
from events.codec import encode
from events.contents import Content, ContentKind, content_ref, encode_content
from events.decisions import DecisionUnion, Note, to_decided
from events.ids import account_entity, derived_id
from events.posts import AnswerAccepted, PostEndorsed
from events.reports import ReportFiled, ReportUnion
from events.signals import (
    AccountChanged,
    Actor,
    Body,
    MeritEarned,
    Origin,
    ReportWeighed,
    ReportWithdrawn,
    SanctionReported,
    Signal,
)
from events.signals import NoticeDelivered as NoticeSignal
from events.signals import ReportFiled as ReportSignal
from services.screening.digests import IdentityKey, domain_form, email_form, phone_form
from services.screening.email_class import email_class, is_placeholder
from services.runtime.stage import Output, Record

PLATFORM: Final = Actor("platform", "platform")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What every signal of one input record has in common."""

    record: Record
    event: str
    type: str
    time: datetime
    correlation: str
    imported: bool
    policy_version: str

    @property
    def received_at(self) -> datetime:
        """The broker's time of the record, or in simulated time the event's."""
        return received(self.record)

    @property
    def occurred_at(self) -> datetime:
        """The producer's claim; nothing happens after it was received."""
        return min(self.time.astimezone(UTC), self.received_at)


def received(record: Record) -> datetime:
    """A record's timestamp."""
    return EPOCH + timedelta(milliseconds=record.timestamp)
