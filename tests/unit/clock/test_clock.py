"""The clock's arithmetic and signals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from events.codec import decode_signal, encode
from events.control import activation_requested
from events.signals import Origin, PolicyActivated, Tick
from services.clock.clock import (
    BROADCAST_TICKS_MAX,
    STEP_MAX,
    State,
    activation,
    decode_state,
    due,
    encode_state,
    tick,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_first_tick_has_nothing_to_step_from() -> None:
    """Before anything was said, time begins where it is."""
    assert due(None, NOON) == (NOON,)


def test_an_outage_is_caught_up_in_steps_of_an_hour() -> None:
    """Nobody gets the deadlines of a night at once."""
    assert due(NOON, NOON + 2.5 * HOUR) == (NOON + HOUR, NOON + 2 * HOUR, NOON + 2.5 * HOUR)


def test_time_never_goes_back() -> None:
    """What was said stays said."""
    assert due(NOON, NOON) == ()
    assert due(NOON, NOON - HOUR) == ()


def test_a_long_way_is_cut_into_broadcasts() -> None:
    """A transaction stays small, however far time has to go."""
    ticks = due(NOON, NOON + 365 * 24 * HOUR)
    assert len(ticks) == BROADCAST_TICKS_MAX
    assert ticks[-1] == NOON + BROADCAST_TICKS_MAX * HOUR


@given(st.timedeltas(timedelta(), timedelta(days=400)), st.integers(1, 50))
def test_however_it_is_cut_the_ticks_rise_and_end_at_the_goal(span: timedelta, limit: int) -> None:
    """Chunks joined together are one rising walk, with no step longer than an hour."""
    goal, last, walked = NOON + span, NOON, [NOON]
    while chunk := due(last, goal, limit):
        assert len(chunk) <= limit
        walked += chunk
        last = chunk[-1]
    assert walked[-1] == goal
    assert all(timedelta() < after - before <= STEP_MAX for before, after in pairwise(walked))


def test_the_guard_brings_the_state_back() -> None:
    """It is all that the clock's changelog holds."""
    state = State(NOON + timedelta(milliseconds=123), 2**53, "f" * 64)
    assert decode_state(encode_state(state)) == state
    assert decode_state(encode_state(State())) == State()


def test_a_tick_is_the_same_signal_whoever_sends_it() -> None:
    """A second owner that says the same tick again derives the same id.

    Other partitions and times have others.
    """
    assert encode(tick(3, NOON, "v")) == encode(tick(3, NOON, "v"))
    assert len({tick(3, NOON, "v").id, tick(4, NOON, "v").id, tick(3, NOON + HOUR, "v").id}) == 3


def test_a_tick_is_the_clocks_word_to_one_partition() -> None:
    """Its entity is the partition's own, so that it is folded into the partition's guard."""
    signal = decode_signal(encode(tick(3, NOON, "v")))
    assert (signal.entity, signal.body) == ("partition:3", Tick(NOON))
    assert (signal.actor.kind, signal.received_at) == ("clock", NOON)
    assert signal.causation_id == signal.id


def test_an_activation_names_who_asked_and_takes_the_offset_as_sequence() -> None:
    """The audit shows the operator, the request and the order."""
    event = activation_requested("a" * 64, "ada", NOON)
    origin = Origin("control", 0, 7, event.id, event.type)
    signal = decode_signal(encode(activation(2, event, origin, NOON + timedelta(seconds=1))))
    assert signal.body == PolicyActivated("a" * 64, 7)
    assert (signal.actor.kind, signal.actor.id) == ("person", "ada")
    assert (signal.causation_id, signal.policy_version) == (event.id, "a" * 64)
    assert (signal.occurred_at, signal.received_at) == (NOON, NOON + timedelta(seconds=1))
