"""What the clock says, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from events.codec import decode_signal
from events.control import activation_requested, advance_requested
from events.dead_letters import from_headers
from events.signals import PolicyActivated, Signal, Tick
from services.clock.broadcaster import Broadcaster
from services.clock.clock import BROADCAST_TICKS_MAX
from services.runtime.stage import Batch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
VERSION = "a" * 64
OTHER = "b" * 64
PARTITIONS = 3


class Request(msgspec.Struct):
    """A record of `control`."""

    offset: int
    value: bytes | None
    key: bytes | None = None
    topic: str = "control"
    partition: int = 0
    timestamp: int = int(NOON.timestamp() * 1000)
    headers: Sequence[tuple[str, bytes]] = (("trace", b"1"),)


class Bench:
    """A broadcaster with a wall clock and policy texts that the test sets."""

    def __init__(
        self, *, simulated: bool = False, texts: Iterable[str] = (VERSION,), guard: bytes | None = None
    ) -> None:
        self.now = NOON
        self.texts = set(texts)
        self.core = Broadcaster(
            PARTITIONS,
            simulated=simulated,
            interval=SECOND,
            now=lambda: self.now,
            has_text=lambda version: version in self.texts,
        )
        self.core.resume(guard)

    def step(self, *requests: Request) -> Batch:
        """One step over these records."""
        return self.core.step({"control": requests} if requests else {})


def activate(offset: int, version: str = VERSION) -> Request:
    """A request to activate."""
    return Request(offset, activation_requested(version, "ada", NOON).model_dump_json().encode())


def advance(offset: int, to: datetime) -> Request:
    """A request to let time run."""
    return Request(offset, advance_requested(to, "ada", NOON).model_dump_json().encode())


def signals(batch: Batch, partition: int | None = None) -> list[Signal]:
    """What was said, to all partitions or to one."""
    said = [output for output in batch.outputs if output.topic == "signals"]
    return [decode_signal(o.value or b"") for o in said if partition is None or o.partition == partition]


def ticks(batch: Batch, partition: int = 0) -> list[datetime]:
    """The ticks said to one partition."""
    return [signal.body.at for signal in signals(batch, partition) if isinstance(signal.body, Tick)]


def test_every_partition_hears_every_tick_at_its_own_address() -> None:
    """Explicitly: a hash would leave partitions without a clock."""
    batch = Bench().step()
    assert [(o.partition, o.key) for o in batch.outputs] == [
        (p, f"partition:{p}".encode()) for p in range(PARTITIONS)
    ]
    assert all(ticks(batch, p) == [NOON] for p in range(PARTITIONS))


def test_a_tick_is_due_once_per_interval() -> None:
    """Stepping more often says nothing more."""
    bench = Bench()
    bench.step()
    assert not bench.core.due()
    bench.now += SECOND
    assert bench.core.due()


def test_a_watch_set_back_silences_the_clock_until_it_has_caught_up() -> None:
    """Ticks never go back, and the worker can say by how much the watch is wrong."""
    bench = Bench()
    bench.step()
    bench.now -= HOUR
    assert not bench.core.due()
    assert bench.step().outputs == []
    assert bench.core.behind() == HOUR


def test_after_an_outage_a_new_owner_catches_up_from_the_guard() -> None:
    """The guard is all that it takes over."""
    guard = Bench().step().guard
    later = Bench(guard=guard)
    later.now = NOON + 2.5 * HOUR
    assert ticks(later.step()) == [NOON + HOUR, NOON + 2 * HOUR, NOON + 2.5 * HOUR]


def test_a_step_that_is_thrown_away_is_said_again_the_same() -> None:
    """After a crash before the commit the next owner says just what was lost."""
    bench = Bench()
    guard = bench.step().guard
    first, second = Bench(guard=guard), Bench(guard=guard)
    first.now = second.now = NOON + SECOND
    assert first.step(activate(0)) == second.step(activate(0))


def test_an_activation_reaches_every_partition_with_the_offset_as_sequence() -> None:
    """And the record is consumed in the same batch."""
    bench = Bench(simulated=True)
    batch = bench.step(activate(5))
    assert [signal.body for signal in signals(batch)] == [PolicyActivated(VERSION, 5)] * PARTITIONS
    assert batch.next_offsets == {"control": 6}
    assert (bench.core.state.sequence, bench.core.state.version) == (5, VERSION)


def test_a_missing_text_blocks_what_follows_and_is_no_dead_letter() -> None:
    """Order is kept: a later request waits behind it."""
    bench = Bench(simulated=True, texts=())
    requests = (activate(0), advance(1, NOON + HOUR))
    assert bench.core.waits_for(requests) == VERSION
    batch = bench.step(*requests)
    assert (batch.outputs, batch.next_offsets) == ([], {})
    bench.texts.add(VERSION)
    assert bench.core.waits_for(requests) is None
    assert bench.step(*requests).next_offsets == {"control": 2}


def test_ticks_go_on_while_an_activation_waits_for_its_text() -> None:
    """A suspension ends in time though an operator forgot to send a file."""
    bench = Bench(texts=())
    batch = bench.step(activate(0))
    assert ticks(batch) == [NOON]
    assert batch.next_offsets == {}


def test_requests_before_a_blocked_one_are_answered() -> None:
    """Only what is behind it waits."""
    batch = Bench(simulated=True).step(activate(0), activate(1, OTHER), activate(2))
    assert batch.next_offsets == {"control": 1}
    assert len(signals(batch)) == PARTITIONS


def test_simulated_time_stands_still_until_asked() -> None:
    """No wall clock: the same file of events gives the same ledger on any day."""
    bench = Bench(simulated=True)
    assert not bench.core.due()
    assert bench.step().outputs == []


def test_simulated_time_runs_to_the_moment_asked_for_in_steps() -> None:
    """And no further."""
    bench = Bench(simulated=True)
    bench.step(advance(0, NOON))
    batch = bench.step(advance(1, NOON + 90 * timedelta(minutes=1)))
    assert ticks(batch) == [NOON + HOUR, NOON + 90 * timedelta(minutes=1)]
    assert batch.next_offsets == {"control": 2}


def test_a_long_way_takes_several_broadcasts_and_the_request_is_consumed_with_the_last() -> None:
    """A crash in between goes on where the guard says."""
    bench = Bench(simulated=True)
    bench.step(advance(0, NOON))
    request = advance(1, NOON + (BROADCAST_TICKS_MAX + 10) * HOUR)
    first = bench.step(request)
    assert (len(ticks(first)), first.next_offsets) == (BROADCAST_TICKS_MAX, {})
    rest = Bench(simulated=True, guard=first.guard).step(request)
    assert (len(ticks(rest)), rest.next_offsets) == (10, {"control": 2})


def test_asking_for_the_past_is_answered_with_silence() -> None:
    """The request is consumed; time is where it was."""
    bench = Bench(simulated=True)
    bench.step(advance(0, NOON))
    batch = bench.step(advance(1, NOON - HOUR))
    assert (batch.outputs, batch.next_offsets) == ([], {"control": 2})


def test_ticks_name_the_request_that_they_come_from_and_the_policy_in_force() -> None:
    """The chain of causes begins with an operator's request."""
    bench = Bench(simulated=True)
    bench.step(activate(0))
    request = advance(1, NOON)
    signal = signals(bench.step(request))[0]
    assert signal.policy_version == VERSION
    assert signal.origin is not None
    assert (signal.origin.offset, signal.causation_id) == (1, signal.origin.event)


def test_what_is_no_request_becomes_a_dead_letter_with_its_bytes_and_a_reason() -> None:
    """And what follows is answered."""
    bad: list[bytes | None] = [b"{", b'{"type": "x"}', None]
    for value in bad:
        batch = Bench(simulated=True).step(Request(0, value, key=b"k"), activate(1))
        letter = batch.outputs[0]
        assert (letter.topic, letter.key, letter.value) == ("dead_letters", b"k", value)
        assert letter.headers[0] == ("trace", b"1")
        said: Any = from_headers(letter.headers)
        assert (said.topic, said.offset) == ("control", 0)
        assert said.reason.remedy
        assert batch.next_offsets == {"control": 2}


def test_real_time_does_not_run_on_request() -> None:
    """A deployment can't be made to skip ahead: the request is refused by name."""
    batch = Bench().step(advance(0, NOON + HOUR))
    letter: Any = from_headers(batch.outputs[-1].headers)
    assert letter.reason.code == "not_supported"
    assert ticks(batch) == [NOON]
