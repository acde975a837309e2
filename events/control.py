"""Control: what operators ask of the whole deployment. One partition, so that everybody sees the same order.

Everything here goes to the topic `control`. The stage `clock` owns it and broadcasts what was asked for to
every partition of `signals`; a record's offset is the sequence of the activation that it asks for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from events.envelope import Data, Event, Reference
from events.ids import derived_id

CONTROL_SOURCE: Final = "/goodstanding/control"
PolicyVersion = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a policy's canonical form, 64 hexadecimal digits."""


class ActivationData(Data):
    """Which policy is asked for, and by whom."""

    version: PolicyVersion
    """The version to decide by from now on; its text is the record of that key in `policies`."""
    requested_by: Reference
    """The operator."""


class ActivationRequested(Event):
    """An operator asks that a policy be put into force. `subject` is the version."""

    type: Literal["goodstanding.policy.activation_requested.v1"] = (
        "goodstanding.policy.activation_requested.v1"
    )
    data: ActivationData

    @property
    def requested_at(self) -> datetime:
        """When it was asked for, UTC."""
        return self.occurred_at


class AdvanceData(Data):
    """Up to when simulated time may run."""

    to: AwareDatetime
    """The time of the last tick that this record asks for."""
    requested_by: Reference
    """The operator."""

    @property
    def until(self) -> datetime:
        """`to` in UTC."""
        return self.to.astimezone(UTC)


class AdvanceRequested(Event):
    """An operator asks that simulated time run up to a moment; only where time mode is `events`.

    `subject` is `clock`.
    """

    type: Literal["goodstanding.clock.advance_requested.v1"] = "goodstanding.clock.advance_requested.v1"
    data: AdvanceData


ControlEvent = Annotated[ActivationRequested | AdvanceRequested, Field(discriminator="type")]
"""Every event of the topic `control`."""

_READER: Final[TypeAdapter[ActivationRequested | AdvanceRequested]] = TypeAdapter(ControlEvent)


def parse_control_event(value: bytes) -> ActivationRequested | AdvanceRequested:
    """A control record's event. Raises `pydantic.ValidationError`."""
    return _READER.validate_json(value)


def activation_requested(version: str, by: str, at: datetime) -> ActivationRequested:
    """The event with which `by` asks at `at` for a policy version."""
    return ActivationRequested(
        specversion="1.0",
        id=derived_id(f"policy:{version}", f"{by}\x1f{at.isoformat()}", "activation"),
        source=CONTROL_SOURCE,
        subject=version,
        time=at,
        data=ActivationData(version=version, requested_by=by),
    )


def advance_requested(to: datetime, by: str, at: datetime) -> AdvanceRequested:
    """The event with which `by` asks at `at` that simulated time run up to `to`."""
    return AdvanceRequested(
        specversion="1.0",
        id=derived_id("clock", f"{by}\x1f{at.isoformat()}\x1f{to.isoformat()}", "advance"),
        source=CONTROL_SOURCE,
        subject="clock",
        time=at,
        data=AdvanceData(to=to, requested_by=by),
    )
