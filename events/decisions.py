"""Decisions: what a person at the community decides about an account.

Everything here goes to the topic `decisions`, written by the API and by operators only. `subject` is the
account; the key is its entity, `account:<subject>`. The event's `id` is the decision's id. Each decision has
just the fields that it needs, beside what they share:

- `version`: the version of the target that the person saw; for a decision about the account itself, the
  standing's. Leaving it out is possible here, and refused by enforcement as an outcome that the person can
  see.
- `reason`: why, in the person's own words. It is kept with contents, apart from the ledger.
- `actor`: set by the server from credentials.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, cast

from pydantic import Field, TypeAdapter

from events.capabilities import ASKED
from events.contents import ContentKind
from events.dead_letters import contradict
from events.envelope import FREE_TEXT_CHARS_MAX, REVISION_MAX, AccountId, Data, Event, Reference, Time
from events.ids import subject_entity
from events.signals import Decided
from events.upcasts import read

Text = Annotated[str, Field(min_length=1, max_length=FREE_TEXT_CHARS_MAX)]
Slug = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]+$")]
"""Id of a guideline, or of a case of one, as the policy names it."""
Capability = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")]
"""What a key may do, spelt as in the keys file: `decisions.write`."""
StrikeSeverity = Annotated[int, Field(ge=1, le=4)]
APPEAL_STRIKES_MAX: Final = 200
"""Strikes that one answer to an appeal can name: as many as an account has on record."""


class DecisionActor(Data):
    """The person who decides."""

    id: Reference
    """Their id at the community, not that of an account."""
    capabilities: tuple[Capability, ...] = ()
    """What they were allowed to do at that moment."""
    account: AccountId | None = None
    """Their own account in the community: nobody decides about themselves; null: none is known."""


class StrikeTarget(Data):
    """A strike."""

    kind: Literal["strike"]
    id: Reference


class SanctionTarget(Data):
    """A sanction."""

    kind: Literal["sanction"]
    id: Reference


class CaseTarget(Data):
    """A case."""

    kind: Literal["case"]
    id: Reference


class PostTarget(Data):
    """A post."""

    kind: Literal["post"]
    id: Reference


class DecisionData(Data):
    """What every decision has."""

    version: int | None = Field(default=None, ge=0)
    """The version of the target that the person saw."""
    reason: Text | None = None
    """Why."""
    actor: DecisionActor
    """Who; set by the server."""


class ReasonedData(DecisionData):
    """A decision that can't be made without a reason."""

    reason: Text
    """Why."""


class ConfirmData(DecisionData):
    """Stand behind a strike, or behind what a case claims.

    For a case, the other fields say what it is where its findings don't.
    """

    target: Annotated[StrikeTarget | CaseTarget, Field(discriminator="kind")]
    guideline: Slug | None = None
    case: Slug | None = None
    severity: StrikeSeverity | None = None
    revision: int | None = Field(default=None, ge=1, le=REVISION_MAX)
    """For a case about a post: its revision that was seen."""


class StrikeData(ReasonedData):
    """Put an act on the account's record that no rule found."""

    guideline: Slug
    case: Slug
    severity: StrikeSeverity | None = None
    """null: as the policy prices the case."""
    post: Reference | None = None
    """The post that is the act; null: something else, named in the reason."""
    revision: int | None = Field(default=None, ge=1, le=REVISION_MAX)
    act_at: Time | None = None
    """When the act happened; null: now."""


class OverturnData(ReasonedData):
    """It was wrong: as if it had never been, apart from the record of the mistake."""

    target: Annotated[StrikeTarget | SanctionTarget, Field(discriminator="kind")]


class ReduceData(ReasonedData):
    """Make a strike less severe (`severity`), or end a sanction earlier (`until`)."""

    target: Annotated[StrikeTarget | SanctionTarget, Field(discriminator="kind")]
    severity: Annotated[int, Field(ge=1, le=3)] | None = None
    until: Time | None = None


class WaiveData(ReasonedData):
    """It was right, and is let go."""

    target: Annotated[StrikeTarget | SanctionTarget, Field(discriminator="kind")]


class SanctionData(ReasonedData):
    """Impose a sanction by hand. It stands on its own: overturned strikes don't take it with them."""

    sanction_kind: Literal[
        "warning",
        "content_removal",
        "posting_restriction",
        "link_restriction",
        "message_restriction",
        "report_restriction",
        "suspension",
    ]
    guideline: Slug
    """The guideline that the account is told of."""
    until: Time | None = None
    """Its end; null: until lifted."""
    post: Reference | None = None
    """The post to remove, with its `revision`, for a content removal."""
    revision: int | None = Field(default=None, ge=1, le=REVISION_MAX)


class LiftData(ReasonedData):
    """End a sanction now."""

    target: SanctionTarget


class ExtendData(ReasonedData):
    """Move a sanction's end to later."""

    target: SanctionTarget
    until: Time | None
    """Its new end; null: until lifted."""


class DismissData(ReasonedData):
    """Nothing follows from a case, or from one of its reports.

    For a case about a proposed termination: it is turned down.
    """

    target: CaseTarget
    outcome: Literal["dismissed_in_good_faith", "ignored", "manifestly_unfounded"] = "dismissed_in_good_faith"
    """What the reporters are told; `manifestly_unfounded` alone counts against them."""
    report: Reference | None = None
    """One report of the case; null: the whole case."""
    revision: int | None = Field(default=None, ge=1, le=REVISION_MAX)
    """For a case about a post: its revision that was seen, and is cleared; null: the latest in which
    something was found."""


class EscalateData(DecisionData):
    """Ask somebody with more say to look at a case."""

    target: CaseTarget


class ReclassifyData(ReasonedData):
    """The strike stands, under another guideline or another case of it."""

    target: StrikeTarget
    guideline: Slug
    case: Slug
    severity: StrikeSeverity | None = None
    """null: as the policy prices the case."""


class NoteData(ReasonedData):
    """Leave a note, in `reason`, on the account or on a case."""

    target: CaseTarget | None = None
    """null: the account."""


class OtherAccountData(ReasonedData):
    """About this account and another."""

    other: AccountId


class MuteReporterData(ReasonedData):
    """Ignore this account's reports."""

    until: Time | None = None
    """null: until unmuted."""
    guideline: Slug | None = None
    """The guideline that the account is told of; null: none."""


class AccountDecisionData(DecisionData):
    """About the account as a whole."""


class RestoreData(ReasonedData):
    """Show a post again that was hidden, and clear this revision of it."""

    target: PostTarget
    revision: int | None = Field(default=None, ge=1, le=REVISION_MAX)


class ProposeTerminationData(ReasonedData):
    """Propose to end the account's membership; it is suspended meanwhile."""

    guideline: Slug
    """The guideline that the account is told of."""


class ReferralData(ReasonedData):
    """Tell law enforcement. Kept in a restricted record, never shown to the account."""

    target: CaseTarget
    """The case that it comes from."""
    emergency: bool = False
    """One person may act at once; a second reviews it within 24 hours."""


class ConfirmReferralData(ReasonedData):
    """Stand behind a referral as a second person. To turn it down, dismiss its case."""

    target: CaseTarget
    """The case that the referral opened, of kind `referral`."""


class DecideAppealData(ReasonedData):
    """Answer an appeal; the account reads the reason.

    `partly_granted` says in just one of three ways what is granted: `strikes`, `severity` or `until`.
    """

    appeal: Reference
    """The appeal's id, as the event `goodstanding.appeal.received` has it; it is that of its case, too."""
    outcome: Literal["granted", "partly_granted", "denied"]
    strikes: Annotated[tuple[Reference, ...], Field(max_length=APPEAL_STRIKES_MAX)] = ()
    """Of those that a sanction rests on, the strikes that fall."""
    severity: Annotated[int, Field(ge=1, le=3)] | None = None
    """What a strike is reduced to."""
    until: Time | None = None
    """When a sanction ends."""


class RedecideData(DecisionData):
    """After a fault of ours was mended: have the signal that failed decided again."""

    target: CaseTarget


class Confirm(Event):
    """Confirm a strike, or what a case claims."""

    type: Literal["goodstanding.decision.confirm.v1"] = "goodstanding.decision.confirm.v1"
    data: ConfirmData


class Strike(Event):
    """Issue a strike by hand."""

    type: Literal["goodstanding.decision.strike.v1"] = "goodstanding.decision.strike.v1"
    data: StrikeData


class Overturn(Event):
    """Overturn a strike or sanction."""

    type: Literal["goodstanding.decision.overturn.v1"] = "goodstanding.decision.overturn.v1"
    data: OverturnData


class Reduce(Event):
    """Reduce a strike or sanction."""

    type: Literal["goodstanding.decision.reduce.v1"] = "goodstanding.decision.reduce.v1"
    data: ReduceData


class Waive(Event):
    """Waive a strike or sanction."""

    type: Literal["goodstanding.decision.waive.v1"] = "goodstanding.decision.waive.v1"
    data: WaiveData


class Sanction(Event):
    """Impose a sanction by hand."""

    type: Literal["goodstanding.decision.sanction.v1"] = "goodstanding.decision.sanction.v1"
    data: SanctionData


class Lift(Event):
    """Lift a sanction."""

    type: Literal["goodstanding.decision.lift.v1"] = "goodstanding.decision.lift.v1"
    data: LiftData


class Extend(Event):
    """Extend a sanction."""

    type: Literal["goodstanding.decision.extend.v1"] = "goodstanding.decision.extend.v1"
    data: ExtendData


class Dismiss(Event):
    """Dismiss a case, or one report of it."""

    type: Literal["goodstanding.decision.dismiss.v1"] = "goodstanding.decision.dismiss.v1"
    data: DismissData


class Escalate(Event):
    """Escalate a case."""

    type: Literal["goodstanding.decision.escalate.v1"] = "goodstanding.decision.escalate.v1"
    data: EscalateData


class Reclassify(Event):
    """Put a strike under another guideline."""

    type: Literal["goodstanding.decision.reclassify.v1"] = "goodstanding.decision.reclassify.v1"
    data: ReclassifyData


class Note(Event):
    """Leave a note."""

    type: Literal["goodstanding.decision.note.v1"] = "goodstanding.decision.note.v1"
    data: NoteData


class Link(Event):
    """Say that two accounts are one person's."""

    type: Literal["goodstanding.decision.link.v1"] = "goodstanding.decision.link.v1"
    data: OtherAccountData


class Unlink(Event):
    """Say that two accounts are not one person's after all."""

    type: Literal["goodstanding.decision.unlink.v1"] = "goodstanding.decision.unlink.v1"
    data: OtherAccountData


class Merge(Event):
    """Carry an account's record over to the person's new one, without fault."""

    type: Literal["goodstanding.decision.merge.v1"] = "goodstanding.decision.merge.v1"
    data: OtherAccountData


class MuteReporter(Event):
    """Mute a reporter."""

    type: Literal["goodstanding.decision.mute_reporter.v1"] = "goodstanding.decision.mute_reporter.v1"
    data: MuteReporterData


class UnmuteReporter(Event):
    """Unmute a reporter."""

    type: Literal["goodstanding.decision.unmute_reporter.v1"] = "goodstanding.decision.unmute_reporter.v1"
    data: AccountDecisionData


class Restore(Event):
    """Restore a post."""

    type: Literal["goodstanding.decision.restore.v1"] = "goodstanding.decision.restore.v1"
    data: RestoreData


class ProposeTermination(Event):
    """Propose termination."""

    type: Literal["goodstanding.decision.propose_termination.v1"] = (
        "goodstanding.decision.propose_termination.v1"
    )
    data: ProposeTerminationData


class ConfirmTermination(Event):
    """Confirm the account's proposed termination, as a second person."""

    type: Literal["goodstanding.decision.confirm_termination.v1"] = (
        "goodstanding.decision.confirm_termination.v1"
    )
    data: AccountDecisionData


class ProposeReferral(Event):
    """Propose a referral."""

    type: Literal["goodstanding.decision.propose_referral.v1"] = "goodstanding.decision.propose_referral.v1"
    data: ReferralData


class ConfirmReferral(Event):
    """Confirm a referral, as a second person."""

    type: Literal["goodstanding.decision.confirm_referral.v1"] = "goodstanding.decision.confirm_referral.v1"
    data: ConfirmReferralData


class DecideAppeal(Event):
    """Decide an appeal."""

    type: Literal["goodstanding.decision.decide_appeal.v1"] = "goodstanding.decision.decide_appeal.v1"
    data: DecideAppealData


class Redecide(Event):
    """Have a failed signal decided again."""

    type: Literal["goodstanding.decision.redecide.v1"] = "goodstanding.decision.redecide.v1"
    data: RedecideData


DecisionUnion = (
    Confirm
    | Strike
    | Overturn
    | Reduce
    | Waive
    | Sanction
    | Lift
    | Extend
    | Dismiss
    | Escalate
    | Reclassify
    | Note
    | Link
    | Unlink
    | Merge
    | MuteReporter
    | UnmuteReporter
    | Restore
    | ProposeTermination
    | ConfirmTermination
    | ProposeReferral
    | ConfirmReferral
    | DecideAppeal
    | Redecide
)
DecisionEvent = Annotated[DecisionUnion, Field(discriminator="type")]
"""Every event of the topic `decisions`."""

_adapter: Final[TypeAdapter[DecisionUnion]] = TypeAdapter(DecisionEvent)


def parse_decision_event(value: bytes) -> DecisionUnion:
    """An event of the topic `decisions` from its bytes.

    Raises:
        ValidationError: it keeps to no contract.
        Rejected: its fields contradict each other.
    """
    event = read(_adapter, value)
    _check(event)
    return event


def decision_key(event: DecisionUnion) -> bytes:
    """The record key of a decision: the entity that it is about."""
    return subject_entity(event.subject).encode()


def reason_kind(event: DecisionUnion) -> ContentKind:
    """As what a decision's reason is kept: what a note says is told to nobody."""
    return "note" if isinstance(event, Note) else "reason"


def to_decided(event: DecisionUnion, reason_ref: str | None) -> Decided:
    """The decision as a signal's body. `reason_ref` is where its reason is kept; None where it has none."""
    data = event.data
    target = getattr(data, "target", None)
    kind, target_id = (target.kind, target.id) if target is not None else ("account", "")
    outcome = getattr(data, "outcome", None)
    if isinstance(data, DecideAppealData):
        kind, target_id = "case", data.appeal
    elif isinstance(data, ReferralData):
        outcome = "emergency" if data.emergency else None
    elif isinstance(data, RestoreData):
        return _decided(event, kind, target_id, reason_ref, outcome, post=target_id)
    return _decided(event, kind, target_id, reason_ref, outcome, post=getattr(data, "post", None))


def _decided(
    event: DecisionUnion,
    kind: str,
    target: str,
    reason_ref: str | None,
    outcome: str | None,
    post: str | None,
) -> Decided:
    data = event.data
    return Decided(
        account=event.subject,
        decision=event.type.split(".")[2],
        target_kind=cast("Literal['account', 'strike', 'sanction', 'case', 'report', 'post']", kind),
        target=target,
        version=data.version,
        reason_ref=reason_ref,
        guideline=getattr(data, "guideline", None),
        case=getattr(data, "case", None),
        severity=getattr(data, "severity", None),
        sanction_kind=getattr(data, "sanction_kind", None),
        until=_utc(getattr(data, "until", None)),
        post=post,
        revision=getattr(data, "revision", None),
        outcome=outcome,
        report=getattr(data, "report", None),
        other=getattr(data, "other", None),
        act_at=_utc(getattr(data, "act_at", None)),
        capabilities=tuple(sorted(ASKED.intersection(data.actor.capabilities))),
        actor_account=data.actor.account,
        strikes=getattr(data, "strikes", ()),
    )


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)


def _check(event: DecisionUnion) -> None:
    data = event.data
    if isinstance(data, ReduceData):
        wanted = "severity" if data.target.kind == "strike" else "until"
        if (data.severity is not None, data.until is not None) != (wanted == "severity", wanted == "until"):
            contradict("data", "`severity` for a strike, `until` for a sanction", f"send just `{wanted}`")
    if isinstance(data, StrikeData | SanctionData) and (data.post is None) != (data.revision is None):
        contradict("data", "`post` and `revision` together", "name the revision that was seen")
    if isinstance(data, SanctionData) and (data.sanction_kind == "content_removal") != (
        data.post is not None
    ):
        contradict(
            "data", "a post for a content removal, and only for one", "send `post` and `revision`, or neither"
        )
    if isinstance(data, DecideAppealData):
        said = [bool(data.strikes), data.severity is not None, data.until is not None].count(True)
        if said != (data.outcome == "partly_granted"):
            contradict(
                "data",
                "one of `strikes`, `severity` and `until` for `partly_granted`, and none otherwise",
                "say in one way what is granted",
            )
    if isinstance(data, OtherAccountData) and data.other == event.subject:
        contradict("data.other", "an account other than the subject", "name the other account")
