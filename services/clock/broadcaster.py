"""What the engine drives.

Each step says the ticks that are due, then answers requests from `control` in their order.

A request for a policy whose text isn't there yet stays where it is, and so does everything behind it; in real
time the ticks go on meanwhile. A record that is no request becomes a dead letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from events.codec import encode
from events.control import ActivationRequested, AdvanceRequested, parse_control_event
from events.dead_letters import DeadReason, to_headers
from events.explain import explain
from events.ids import partition_entity
from events.signals import Origin, Signal
from services.clock.clock import State, activation, decode_state, due, encode_state, tick
from services.runtime.stage import Batch, Output, Record

CONTROL: Final = "control"
SIGNALS: Final = "signals"


class Broadcaster:
    """The clock of one deployment.

    `partitions` is the number of those of `signals`. `simulated`: time runs only as far as it is asked to;
    else up to `now()`, in ticks at least `interval` apart. `has_text` says whether a policy's text is there.
    """

    def __init__(
        self,
        partitions: int,
        *,
        simulated: bool,
        interval: timedelta,
        now: Callable[[], datetime],
        has_text: Callable[[str], bool],
    ) -> None:
        self.state = State()
        self._partitions = partitions
        self._simulated = simulated
        self._interval = interval
        self._now = now
        self._has_text = has_text

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Never called: the changelog holds nothing but the guard."""
        raise NotImplementedError(f"the clock keeps no state by key, and was given `{key!r}`")

    def resume(self, guard: bytes | None) -> None:
        """Go on after what was broadcast last."""
        self.state = State() if guard is None else decode_state(guard)

    def observe(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Nothing: the clock has no windows."""

    def due(self) -> bool:
        """Whether a tick is due by the wall clock."""
        if self._simulated:
            return False
        return self.state.at is None or self._now() - self.state.at >= self._interval

    def behind(self) -> timedelta:
        """How far the wall clock is behind the last tick; zero when it isn't."""
        zero = timedelta(0)
        if self._simulated or self.state.at is None:
            return zero
        return max(zero, self.state.at - self._now())

    def waits_for(self, records: Sequence[Record]) -> str | None:
        """The version that the first record asks for, where its text isn't there yet.

        Nothing can be answered before that.
        """
        if not records:
            return None
        event = _read(records[0])
        if isinstance(event, ActivationRequested) and not self._has_text(event.data.version):
            return event.data.version
        return None

    def held(self) -> int:
        """Nothing: the changelog holds nothing but the guard."""
        return 0

    def step(self, records: Mapping[str, Sequence[Record]]) -> Batch:
        """Say what is due, then answer requests, until one must wait or fills the broadcast."""
        outputs: list[Output] = []
        if self.due():
            outputs += self._run_to(self._now())
        offsets: dict[str, int] = {}
        for record in records.get(CONTROL, ()):
            answer, done = self._answer(record)
            outputs += answer
            if not done:
                break
            offsets[CONTROL] = record.offset + 1
        return Batch(outputs, offsets, guard=encode_state(self.state))

    def _answer(self, record: Record) -> tuple[list[Output], bool]:
        """What a request leads to, and whether that was all."""
        event = _read(record)
        if isinstance(event, DeadReason):
            return [_dead_letter(record, event)], True
        if isinstance(event, ActivationRequested):
            return self._activate(event, record)
        if not self._simulated:
            return [_dead_letter(record, _NOT_SIMULATED)], True
        outputs = self._run_to(event.data.until, event.id, _origin(record, event))
        return outputs, self.state.at is not None and self.state.at >= event.data.until

    def _activate(self, event: ActivationRequested, record: Record) -> tuple[list[Output], bool]:
        version = event.data.version
        if not self._has_text(version):
            return [], False
        received_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        self.state = State(self.state.at, record.offset, version)
        origin = _origin(record, event)
        return [_to(p, activation(p, event, origin, received_at)) for p in range(self._partitions)], True

    def _run_to(self, until: datetime, cause: str = "", origin: Origin | None = None) -> list[Output]:
        """Ticks on the way to `until`, as many as one broadcast takes."""
        ticks = due(self.state.at, until)
        if ticks:
            self.state = State(ticks[-1], self.state.sequence, self.state.version)
        version = self.state.version
        return [_to(p, tick(p, at, version, cause, origin)) for at in ticks for p in range(self._partitions)]


_REMEDY: Final = "send requests with `goodstanding policy activate` or `goodstanding clock advance`"
_NOT_SIMULATED: Final = DeadReason(
    "not_supported",
    "type",
    "time mode `events`, where time runs as far as it is asked to",
    "time mode `log`, where the wall clock runs",
    "don't ask for it here: set GOODSTANDING_TIME_MODE to `events` only for demos and tests",
)


def _read(record: Record) -> ActivationRequested | AdvanceRequested | DeadReason:
    if record.value is None:
        return DeadReason("value_missing", "value", "an event in JSON", "nothing", _REMEDY)
    try:
        return parse_control_event(record.value)
    except ValidationError as error:
        return explain(error, CONTROL)


def _origin(record: Record, event: ActivationRequested | AdvanceRequested) -> Origin:
    return Origin(CONTROL, record.partition, record.offset, event.id, event.type)


def _dead_letter(record: Record, reason: DeadReason) -> Output:
    added = to_headers(reason, CONTROL, record.partition, record.offset, record.timestamp)
    return Output("dead_letters", record.key, record.value, headers=(*record.headers, *added))


def _to(partition: int, signal: Signal) -> Output:
    return Output(SIGNALS, partition_entity(partition).encode(), encode(signal), partition=partition)
