"""Outcomes: what consumers of the topics `strikes`, `sanctions` and `standings` read.

The key is the account. Ids are derived, so an event that is read twice has the same id; `sequence` is the
ledger sequence of the account and never goes back. `causationid` is the id of the signal that led here; with
`sequence` it finds the entry in the ledger. No event says who reported or which person decided, only in what
role somebody acted. `events/publish.py` makes these from ledger entries.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from events.envelope import Data, Event, Reference, Time
from events.ledger import AppealOutcome, SanctionKind, SanctionOrigin
from events.signals import AccountKind, ActorKind, ContentAction

Severity = Annotated[int, Field(ge=0, le=4)]


class DetectionFacts(Data):
    """How it was found, and how it was decided."""

    source: Literal["own_initiative", "report", "legal_notice"]
    """What it was found by."""
    automated_detection: bool
    """Whether a rule found it."""
    automated_decision: bool
    """Whether a rule decided it."""


class NoticeFacts(Data):
    """What the account must be told, frozen when it was decided.

    When told, answer with `goodstanding.notice.delivered`.
    """

    guideline: str
    """The guideline that was broken; its text is in the policy."""
    policy_version: str
    """The policy that it was decided by: 64 hexadecimal digits."""
    facts: str
    """The facts, in words of the policy."""
    content_ref: Reference | None
    """Where the content is kept; null: there is none."""
    content_at: Time | None
    """When the content was written."""
    detection: DetectionFacts
    """How it was found and decided."""
    appeal_days: int
    """How many days from the notice's delivery there are to appeal."""
    reason_ref: Reference | None
    """Where a person's reason is kept; null: a rule decided."""


class OutcomeData(Data):
    """What every outcome has."""

    sequence: int = Field(ge=1)
    """Position in the account's ledger."""
    effective_at: Time
    """From when on it holds; `time` says when it was recorded."""


class StrikeIssuedData(OutcomeData):
    """A strike, or the warning that comes first."""

    strike: Reference
    """The strike's id."""
    act: str
    """What was done: `post:<id>` for a post with all its revisions."""
    post: Reference | None
    """The post; null: something else."""
    revision: int | None
    """The revision in which it was found."""
    guideline: str
    """The guideline that was broken."""
    case: str
    """In which way, as the policy names it."""
    severity: Severity
    """1 to 4."""
    points: int
    """What it costs by itself; of the acts of one episode, only one's points count."""
    counts_as: Literal["strike", "warning"]
    """A warning has no points."""
    episode: str
    """The acts of one episode climb the ladder together."""
    confirmed: bool
    """Whether a person stands behind it."""
    by: ActorKind
    """In what role somebody issued it."""
    occurred_at: Time
    """When the act happened."""
    expires_at: Time | None
    """When it stops counting; null: never."""
    notice: NoticeFacts
    """What the account must be told."""


class StrikeAmendedData(OutcomeData):
    """A strike as it is from now on."""

    strike: Reference
    """The strike's id."""
    because: Literal["revision", "warning_moved", "reduced", "reclassified", "episode_raised"]
    """Why it changed."""
    guideline: str
    """The guideline that was broken."""
    case: str
    """In which way."""
    severity: Severity
    """1 to 4."""
    points: int
    """What it costs by itself."""
    counts_as: Literal["strike", "warning"]
    """A warning has no points."""
    by: ActorKind
    """In what role somebody changed it."""
    revision: int | None
    """The worse revision; null: as before."""
    expires_at: Time | None
    """When it stops counting; null: never."""
    notice: NoticeFacts | None
    """What the account must be told; null: nothing."""


class StrikeConfirmedData(OutcomeData):
    """A person stands behind a strike."""

    strike: Reference
    """The strike's id."""


class StrikeRemovedData(OutcomeData):
    """A strike counts no more; the record keeps it."""

    strike: Reference
    """The strike's id."""
    status: Literal["overturned", "waived", "withdrawn"]
    """`overturned`: wrong; `waived`: let go; `withdrawn`: the account isn't a person's."""
    by: ActorKind
    """In what role somebody removed it."""
    reason_ref: Reference | None
    """Where the reason is kept."""


class StrikeExpiredData(OutcomeData):
    """A strike's points ran out."""

    strike: Reference
    """The strike's id."""


class SanctionImposedData(OutcomeData):
    """What is to be done about an account.

    When done, answer with `goodstanding.sanction.carried_out` or `…failed`.
    """

    sanction: Reference
    """The sanction's id."""
    kind: SanctionKind
    """What to do."""
    origin: SanctionOrigin
    """What imposed it."""
    content_action: ContentAction
    """What to do with the post, for `content_removal`; with all further posts, for a `posting_restriction`
    until a person has looked; otherwise `none`."""
    post: Reference | None
    """The post, for `content_removal`."""
    revision: int | None
    """Its revision."""
    starts_at: Time
    """From when on."""
    ends_at: Time | None
    """Until when; null: until lifted."""
    rung: int
    """The rung of the ladder that earned it, 1 the lowest; 0: none."""
    strikes: tuple[Reference, ...]
    """The strikes that led to it."""
    decision: Reference
    """Id of the signal that led to it."""
    by: ActorKind
    """In what role somebody imposed it."""
    notice: NoticeFacts
    """What the account must be told."""


class SanctionAmendedData(OutcomeData):
    """A sanction as it is from now on."""

    sanction: Reference
    """The sanction's id."""
    because: Literal["reduced", "extended", "overturned", "revision"]
    """Why it changed."""
    ends_at: Time | None
    """Its end; null: until lifted."""
    content_action: ContentAction | None
    """What to do with the post instead; null: as before."""
    by: ActorKind
    """In what role somebody changed it."""
    reason_ref: Reference | None
    """Where the reason is kept."""


class SanctionLiftedData(OutcomeData):
    """A sanction is over: undo it."""

    sanction: Reference
    """The sanction's id."""
    kind: SanctionKind
    """What to undo."""
    because: Literal[
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
    """Why."""
    post: Reference | None
    """The post to show again, for `content_removal`."""
    restored: bool
    """Whether there is a post to show again."""
    decision: Reference
    """Id of the signal that imposed it."""
    by: ActorKind
    """In what role somebody lifted it."""
    reason_ref: Reference | None
    """Where the reason is kept."""


class ProfileRemindedData(OutcomeData):
    """What the account is kindly asked for. It is no sanction, and nothing follows from it."""

    missing: tuple[str, ...]
    """What its profile lacks: `company`, `title`, `photo` or `business_address`."""
    encouraged: tuple[str, ...]
    """What would be welcome as well."""
    guideline: str
    """The guideline that asks for it."""
    policy_version: str
    """The policy that has the guideline's text: 64 hexadecimal digits."""


class AppealReceivedData(OutcomeData):
    """An appeal that awaits an answer."""

    appeal: Reference
    """The appeal's id, by which it is decided."""
    filed_as: Reference
    """The platform's own id of it, as it was filed."""
    about: Reference
    """The strike or sanction that it complains of."""
    strikes: tuple[Reference, ...]
    """The strikes that this rests on."""


class AppealRefusedData(OutcomeData):
    """An appeal that isn't heard, and why."""

    filed_as: Reference
    """The platform's own id of it, as it was filed."""
    about: Reference
    """What it was said to complain of."""
    code: Literal["unknown_target", "already_done", "too_late", "not_allowed"]
    """`unknown_target`: the account has no such outcome; `already_done`: it was appealed before, or was taken
    back already; `too_late`: the time to appeal is over; `not_allowed`: too many await an answer."""
    message: str
    """The same in a sentence."""
    remedy: str
    """What can be done."""


class AppealDecidedData(OutcomeData):
    """The answer to an appeal. What follows from it has events of its own."""

    appeal: Reference
    """The appeal's id."""
    filed_as: Reference
    """The platform's own id of it, as it was filed."""
    about: Reference
    """The strike or sanction that it complained of."""
    outcome: AppealOutcome
    """What was decided."""
    strikes: tuple[Reference, ...]
    """The strikes that fell."""
    severity: Severity | None
    """What the strike was reduced to; null: it wasn't."""
    until: Time | None
    """When the sanction ends instead; null: as before."""
    by: ActorKind
    """In what role somebody decided."""
    reason_ref: Reference | None
    """Where the reason is kept that the account is to read."""


class StandingChangedData(Data):
    """An account's standing, whole; the newest of an account replaces all before."""

    sequence: int = Field(ge=1)
    """Position in the account's ledger."""
    version: int
    """What a decision about the account must name."""
    account_kind: AccountKind | None
    """Whose it is; null: not known yet."""
    active_points: int
    """Points that count now."""
    confirmed_points: int
    """Those of them that a person stands behind."""
    active_strikes: int
    """Strikes that count now."""
    warnings: int
    """Warnings on record."""
    total_strikes: int
    """Strikes ever, without the overturned."""
    rung: int
    """The rung of the ladder that it stands on; 0: none."""
    suspended: bool
    """Whether it is suspended now."""
    suspended_until: Time | None
    """Until when; null: it isn't, or until lifted."""
    terminated: bool
    """Whether its membership has ended."""
    termination_proposed: bool
    """Whether that awaits a second person."""
    restrictions: tuple[str, ...]
    """The restrictions in force."""
    hidden_posts: int
    """How many of its posts are hidden."""
    merits: int
    """How many merits it has earned."""
    open_cases: int
    """How many questions about it are open."""
    reporter_muted: bool
    """Whether its reports are ignored."""
    profile_missing: tuple[str, ...] = ()
    """What its profile lacks of what the policy asks for."""


class StrikeIssued(Event):
    """An act went on the account's record."""

    type: Literal["goodstanding.strike.issued.v1"] = "goodstanding.strike.issued.v1"
    data: StrikeIssuedData


class StrikeAmended(Event):
    """A strike changed."""

    type: Literal["goodstanding.strike.amended.v1"] = "goodstanding.strike.amended.v1"
    data: StrikeAmendedData


class StrikeConfirmed(Event):
    """A person confirmed a strike."""

    type: Literal["goodstanding.strike.confirmed.v1"] = "goodstanding.strike.confirmed.v1"
    data: StrikeConfirmedData


class StrikeRemoved(Event):
    """A strike was overturned, waived or withdrawn."""

    type: Literal["goodstanding.strike.removed.v1"] = "goodstanding.strike.removed.v1"
    data: StrikeRemovedData


class StrikeExpired(Event):
    """A strike expired."""

    type: Literal["goodstanding.strike.expired.v1"] = "goodstanding.strike.expired.v1"
    data: StrikeExpiredData


class SanctionImposed(Event):
    """A sanction took effect."""

    type: Literal["goodstanding.sanction.imposed.v1"] = "goodstanding.sanction.imposed.v1"
    data: SanctionImposedData


class SanctionAmended(Event):
    """A sanction changed."""

    type: Literal["goodstanding.sanction.amended.v1"] = "goodstanding.sanction.amended.v1"
    data: SanctionAmendedData


class SanctionLifted(Event):
    """A sanction is over."""

    type: Literal["goodstanding.sanction.lifted.v1"] = "goodstanding.sanction.lifted.v1"
    data: SanctionLiftedData


class ProfileReminded(Event):
    """The grace period is over: remind the account to complete its profile."""

    type: Literal["goodstanding.profile.reminded.v1"] = "goodstanding.profile.reminded.v1"
    data: ProfileRemindedData


class AppealReceived(Event):
    """An appeal was taken in: tell the account that it will be answered."""

    type: Literal["goodstanding.appeal.received.v1"] = "goodstanding.appeal.received.v1"
    data: AppealReceivedData


class AppealRefused(Event):
    """An appeal isn't heard: tell the account why."""

    type: Literal["goodstanding.appeal.refused.v1"] = "goodstanding.appeal.refused.v1"
    data: AppealRefusedData


class AppealDecided(Event):
    """An appeal was answered: tell the account, with the reason."""

    type: Literal["goodstanding.appeal.decided.v1"] = "goodstanding.appeal.decided.v1"
    data: AppealDecidedData


class StandingChanged(Event):
    """The account's standing after an entry."""

    type: Literal["goodstanding.standing.changed.v1"] = "goodstanding.standing.changed.v1"
    data: StandingChangedData


StrikeOutcome = StrikeIssued | StrikeAmended | StrikeConfirmed | StrikeRemoved | StrikeExpired
AppealAnswer = AppealReceived | AppealRefused | AppealDecided
SanctionOutcome = SanctionImposed | SanctionAmended | SanctionLifted | ProfileReminded | AppealAnswer
StandingOutcome = StandingChanged
OutcomeEvent = Annotated[StrikeOutcome | SanctionOutcome | StandingOutcome, Field(discriminator="type")]
"""Every event of the topics `strikes`, `sanctions` and `standings`."""

_adapter: Final[TypeAdapter[StrikeOutcome | SanctionOutcome | StandingOutcome]] = TypeAdapter(OutcomeEvent)


def parse_outcome_event(value: bytes) -> StrikeOutcome | SanctionOutcome | StandingOutcome:
    """An event of the topics `strikes`, `sanctions` and `standings` from its bytes.

    Raises `ValidationError`.
    """
    return _adapter.validate_json(value)
