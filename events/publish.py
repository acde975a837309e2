"""What a ledger entry tells the world: its events for the topics `strikes`, `sanctions` and `standings`.

Pure, and the same bytes for the same entry. The contract that these bytes keep to is `events/outcomes.py`;
here are msgspec structs of the same shape, because every applied signal comes through here. A test holds the
two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from events import ledger
from events.ids import derived_id
from events.ledger import Entry, Notice, Standing
from events.signals import AppealFiled

SOURCE: Final = "/goodstanding/enforcement"
_ACCOUNT: Final = "account:"

Publication = tuple[str, bytes, bytes]
"""Topic (the catalogue's name), key, value."""


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    correlationid: str
    causationid: str
    imported: bool
    data: msgspec.Struct


class _StrikeIssued(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    strike: str
    act: str
    post: str | None
    revision: int | None
    guideline: str
    case: str
    severity: int
    points: int
    counts_as: str
    episode: str
    confirmed: bool
    by: str
    occurred_at: datetime
    expires_at: datetime | None
    notice: Notice


class _StrikeAmended(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    strike: str
    because: str
    guideline: str
    case: str
    severity: int
    points: int
    counts_as: str
    by: str
    revision: int | None
    expires_at: datetime | None
    notice: Notice | None


class _Strike(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    strike: str


class _StrikeRemoved(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    strike: str
    status: str
    by: str
    reason_ref: str | None


class _SanctionImposed(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    sanction: str
    kind: str
    origin: str
    content_action: str
    post: str | None
    revision: int | None
    starts_at: datetime
    ends_at: datetime | None
    rung: int
    strikes: tuple[str, ...]
    decision: str
    by: str
    notice: Notice


class _SanctionAmended(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    sanction: str
    because: str
    ends_at: datetime | None
    content_action: str | None
    by: str
    reason_ref: str | None


class _SanctionLifted(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    sanction: str
    kind: str
    because: str
    post: str | None
    restored: bool
    decision: str
    by: str
    reason_ref: str | None


class _StandingChanged(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    version: int
    account_kind: str | None
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


class _ProfileReminded(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    missing: tuple[str, ...]
    encouraged: tuple[str, ...]
    guideline: str
    policy_version: str


class _AppealReceived(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    appeal: str
    filed_as: str
    about: str
    strikes: tuple[str, ...]


class _AppealRefused(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    filed_as: str
    about: str
    code: str
    message: str
    remedy: str


class _AppealDecided(msgspec.Struct, frozen=True, gc=False):
    sequence: int
    effective_at: datetime
    appeal: str
    filed_as: str
    about: str
    outcome: str
    strikes: tuple[str, ...]
    severity: int | None
    until: datetime | None
    by: str
    reason_ref: str | None


_SILENT: Final = frozenset(
    {
        ledger.Refused,
        ledger.PostRemembered,
        ledger.PostForgotten,
        ledger.CampaignLearned,
        ledger.HostilityNoted,
        ledger.HostilityReceived,
        ledger.BadgeringRaised,
        ledger.PileOnRaised,
        ledger.ContactNoted,
    }
)
"""What is only remembered, or changed nothing: alone, it is no news of the standing."""
_encode: Final = msgspec.json.Encoder().encode


def public_events(entry: Entry) -> list[Publication]:
    """The events of an entry, in the order of its outcomes, the standing last.

    An entry about anything but an account tells nothing, and one that only refuses or remembers changes
    nothing. That an appeal is refused is told to whom it concerns.
    """
    if not entry.entity.startswith(_ACCOUNT):
        return []
    account = entry.entity[len(_ACCOUNT) :]
    key = account.encode()
    events = []
    changed = False
    for ordinal, outcome in enumerate(entry.outcomes):
        kind = type(outcome)
        changed = changed or kind not in _SILENT
        publish = _PUBLISH.get(kind)
        if publish is not None:
            topic, name, shape = publish
            data = shape(entry.sequence, outcome)
            events.append((topic, key, _event(entry, account, name, ordinal, data)))
        elif isinstance(outcome, ledger.Refused) and isinstance(entry.cause.body, AppealFiled):
            refused = _appeal_refused(entry.sequence, outcome, entry.cause.body)
            events.append(("sanctions", key, _event(entry, account, "appeal.refused", ordinal, refused)))
    if changed:
        standing = _standing(entry.sequence, entry.standing)
        last = _event(entry, account, "standing.changed", len(entry.outcomes), standing)
        events.append(("standings", key, last))
    return events


def _event(entry: Entry, account: str, name: str, ordinal: int, data: msgspec.Struct) -> bytes:
    cause = entry.cause
    envelope = _Envelope(
        "1.0",
        derived_id(entry.entity, cause.id, name, ordinal),
        SOURCE,
        f"goodstanding.{name}.v1",
        account,
        entry.recorded_at,
        "application/json",
        cause.correlation_id,
        cause.id,
        cause.imported,
        data,
    )
    return _encode(envelope)


def _points(outcome: ledger.StrikeIssued | ledger.StrikeAmended) -> int:
    return 0 if outcome.counts_as == "warning" else outcome.price.points


def _issued(sequence: int, o: ledger.StrikeIssued) -> _StrikeIssued:
    return _StrikeIssued(
        sequence, o.effective_at, o.strike, o.act, o.post, o.revision, o.guideline, o.case, o.severity,
        _points(o), o.counts_as, o.episode, o.confirmed, o.actor.kind, o.occurred_at, o.expires_at, o.notice,
    )  # fmt: skip


def _amended(sequence: int, o: ledger.StrikeAmended) -> _StrikeAmended:
    return _StrikeAmended(
        sequence, o.effective_at, o.strike, o.because, o.guideline, o.case, o.severity, _points(o),
        o.counts_as, o.actor.kind, o.revision, o.expires_at, o.notice,
    )  # fmt: skip


def _strike(sequence: int, o: ledger.StrikeConfirmed | ledger.StrikeExpired) -> _Strike:
    return _Strike(sequence, o.effective_at, o.strike)


def _removed(sequence: int, o: ledger.StrikeRemoved) -> _StrikeRemoved:
    return _StrikeRemoved(sequence, o.effective_at, o.strike, o.status, o.actor.kind, o.reason_ref)


def _imposed(sequence: int, o: ledger.SanctionImposed) -> _SanctionImposed:
    return _SanctionImposed(
        sequence, o.effective_at, o.sanction, o.sanction_kind, o.origin, o.content_action, o.post, o.revision,
        o.starts_at, o.ends_at, o.rung, o.strikes, o.decision, o.actor.kind, o.notice,
    )  # fmt: skip


def _moved(sequence: int, o: ledger.SanctionAmended) -> _SanctionAmended:
    return _SanctionAmended(
        sequence,
        o.effective_at,
        o.sanction,
        o.because,
        o.ends_at,
        o.content_action,
        o.actor.kind,
        o.reason_ref,
    )


def _lifted(sequence: int, o: ledger.SanctionLifted) -> _SanctionLifted:
    return _SanctionLifted(
        sequence, o.effective_at, o.sanction, o.sanction_kind, o.because, o.post, o.restored, o.decision,
        o.actor.kind, o.reason_ref,
    )  # fmt: skip


def _standing(sequence: int, s: Standing) -> _StandingChanged:
    return _StandingChanged(
        sequence, s.version, s.account_kind, s.active_points, s.confirmed_points, s.active_strikes,
        s.warnings, s.total_strikes, s.rung, s.suspended, s.suspended_until, s.terminated,
        s.termination_proposed, s.restrictions, s.hidden_posts, s.merits, s.open_cases, s.reporter_muted,
        s.profile_missing,
    )  # fmt: skip


def _reminded(sequence: int, o: ledger.ProfileReminded) -> _ProfileReminded:
    return _ProfileReminded(sequence, o.effective_at, o.missing, o.encouraged, o.guideline, o.policy_version)


def _appeal_received(sequence: int, o: ledger.AppealFiled) -> _AppealReceived:
    return _AppealReceived(sequence, o.effective_at, o.appeal, o.filed_as, o.about, o.strikes)


def _appeal_refused(sequence: int, o: ledger.Refused, appeal: AppealFiled) -> _AppealRefused:
    return _AppealRefused(
        sequence, o.effective_at, appeal.filed_as, appeal.about, o.code, o.message, o.remedy
    )


def _appeal_decided(sequence: int, o: ledger.AppealDecided) -> _AppealDecided:
    return _AppealDecided(
        sequence, o.effective_at, o.appeal, o.filed_as, o.about, o.outcome, o.strikes, o.severity, o.until,
        o.actor.kind, o.reason_ref,
    )  # fmt: skip


_Shape = Callable[[int, Any], msgspec.Struct]
_PUBLISH: Final[Mapping[type, tuple[str, str, _Shape]]] = MappingProxyType(
    {
        ledger.StrikeIssued: ("strikes", "strike.issued", _issued),
        ledger.StrikeAmended: ("strikes", "strike.amended", _amended),
        ledger.StrikeConfirmed: ("strikes", "strike.confirmed", _strike),
        ledger.StrikeRemoved: ("strikes", "strike.removed", _removed),
        ledger.StrikeExpired: ("strikes", "strike.expired", _strike),
        ledger.SanctionImposed: ("sanctions", "sanction.imposed", _imposed),
        ledger.SanctionAmended: ("sanctions", "sanction.amended", _moved),
        ledger.SanctionLifted: ("sanctions", "sanction.lifted", _lifted),
        ledger.ProfileReminded: ("sanctions", "profile.reminded", _reminded),
        ledger.AppealFiled: ("sanctions", "appeal.received", _appeal_received),
        ledger.AppealDecided: ("sanctions", "appeal.decided", _appeal_decided),
    }
)
