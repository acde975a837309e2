"""State that is made again from ledger, signals and control is the state that was lost, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import decode_entry, decode_signal, encode
from events.signals import PolicyActivated
from services.enforcement import partition as module
from services.enforcement.partition import DECIDERS, Guard, Partition
from services.enforcement.state import encode_state
from services.replay.rebuild import Known, NotWhole, Rebuild, Rebuilt, Unknown
from tests.acceptance.scenarios import STORIES
from tests.acceptance.scenarios.policies import policies
from tests.model.histories import Play, histories
from tests.support.play import PurePlayer, tell_story
from tests.support.policies import small_policy
from tests.support.signals import activation_signal, day, tick_signal
from tests.support.story import Story
from tests.support.world import World
from tests.unit.enforcement.test_partition import POLICIES, POLICY, mailbox, post, record

POLICIES_OF_STORIES = policies()
PREFIX = "x-"


def rebuilt(
    ledger: Sequence[bytes],
    records: Sequence[Any],
    committed: int | None,
    *,
    begin: int = 0,
    partition: int = 0,
    prefix: str = "",
    activations: Sequence[tuple[int, str]] = (),
    answered: int | None = None,
) -> Rebuilt:
    """A partition's state from its ledger and what is left of its signals."""
    end = records[-1].offset + 1 if records else 0
    known = Known(committed, begin, end, activations, answered)
    made = Rebuild(DECIDERS, partition, prefix, known)
    for offset, data in enumerate(ledger):
        made.take(offset, data)
    if committed is not None:
        for one in records:
            if one.offset >= begin and not made.hear(one):
                break
    return made.result()


def of_world(world: World, **more: Any) -> Rebuilt:
    """The state of a world's partition, all of whose signals were decided."""
    committed = len(world.records)
    return rebuilt(
        world.ledger, world.records, committed, partition=world.partition, prefix=world.prefix, **more
    )


def encoded(part: Partition) -> dict[str, bytes]:
    """The changelog's bytes of every entity that is alive."""
    return {entity: encode_state(state) for entity, state in part.states.items()}


def same(guard: Guard, made: Rebuilt) -> bool:
    """Whether a live guard is the rebuilt one, or the one that is as good."""
    said = msgspec.json.encode(guard)
    return said in {msgspec.json.encode(one) for one in (made.guard, made.begun) if one is not None}


def stopping(records: Sequence[Any], size: int) -> Iterator[tuple[list[bytes], Partition, int]]:
    """Ledger so far, partition and next offset after each batch of so many records."""
    part, ledger, begin = Partition(0, "", POLICIES), [], 0
    while begin < len(records):
        made = part.step(records[begin : begin + size])
        ledger += [value for topic, _, value, _, _ in made.records if topic == "ledger" and value]
        begin = made.next_offset
        yield ledger, part, begin


# --- live and rebuilt ------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(histories)
def test_whatever_was_played_the_rebuilt_state_is_the_live_one(history: Any) -> None:
    """Every account and the guard, what was seen included."""
    play = Play(partition=3, prefix=PREFIX)
    play.run(history)
    made = of_world(play.world)
    assert made.states == encoded(play.world.part)
    assert made.guard == play.world.part.guard
    assert made.begun is None


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.number}: {story.name}")
def test_whatever_is_told_the_rebuilt_state_is_the_live_one(story: Story) -> None:
    """With reports between accounts, appeals, second policies and bots."""
    player = PurePlayer(POLICIES_OF_STORIES, story.policy)
    tell_story(player, story)
    made = of_world(player.world)
    assert made.states == encoded(player.world.part)
    assert made.guard == player.world.part.guard


@pytest.mark.parametrize("size", [1, 2, 7, 40, 10_000])
@pytest.mark.parametrize("chunk", [1, 7, 25, 26, 10_000])
def test_wherever_the_worker_stopped_its_state_comes_back(
    size: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a tick that has more to fire too: the cursor is found again, so it goes on where it was."""
    monkeypatch.setattr(module, "BATCH_ENTRIES_MAX", chunk)
    records = mailbox()
    cursors = 0
    for ledger, part, committed in stopping(records, size):
        made = rebuilt(ledger, records, committed)
        assert made.states == encoded(part)
        assert same(part.guard, made)
        cursors += part.guard.cursor is not None
    assert cursors or chunk >= 25


def test_a_tick_that_was_begun_and_fired_nothing_is_as_good_as_one_that_wasnt() -> None:
    """Which of both it was isn't written down, and both go on alike."""
    records = mailbox()
    until = next(n for n, one in enumerate(records) if n > 2 and one.key == records[1].key)
    ledger, part, committed = next(stopping(records, until))
    made = rebuilt(ledger, records, committed)
    assert made.guard == part.guard
    assert made.begun is not None
    part.guard.begin(tick_signal(0, day(3)).body, until)  # type: ignore[arg-type]
    assert same(part.guard, made)


def test_before_the_first_tick_the_latest_time_heard_comes_back() -> None:
    """Of signals that had no effect too."""
    signals = [activation_signal(0, POLICY.version, 0, day(0)), post("ann", 1, 2), post("ann", 1, 1)]
    records = [record(n, signal) for n, signal in enumerate(signals)]
    ledger, part, committed = next(stopping(records, 10))
    made = rebuilt(ledger, records, committed)
    assert made.guard == part.guard
    assert made.guard is not None
    assert made.guard.heard == day(2)


def test_what_is_no_signal_is_passed_over() -> None:
    """As it was when it became a dead letter."""
    records = mailbox()
    records[3].value = b"{"
    ledger, part, committed = list(stopping(records, 10_000))[-1]
    made = rebuilt(ledger, records, committed)
    assert (made.states, made.guard) == (encoded(part), part.guard)


def test_a_partition_that_was_never_read_has_neither_states_nor_guard() -> None:
    """Whatever its signals are."""
    made = rebuilt([], mailbox(), None)
    assert (made.states, made.guard, made.begun) == ({}, None, None)


# --- what retention has removed --------------------------------------------------------------------


def changing() -> tuple[World, list[tuple[int, str]], list[int]]:
    """A world under three activations: with what `control` remembers, and where they stand in `signals`."""
    play = Play()
    other = small_policy(name="other")
    steps: list[Any] = [("post", 5, 0, 0), ("wait", 0, 3, 0), ("post", 4, 0, 0), ("wait", 0, 5, 0)]
    for policy in (other, play.policy):
        play.run(steps)
        play.world.activate(policy)
    play.run(steps)
    found = [(one.offset, decode_signal(one.value or b"").body) for one in play.world.records]
    activated = [(at, body) for at, body in found if isinstance(body, PolicyActivated)]
    return play.world, [(body.sequence, body.version) for _, body in activated], [at for at, _ in activated]


def test_an_activation_that_is_no_longer_in_signals_is_had_from_control() -> None:
    """Wherever the log begins now, as long as a tick is left."""
    world, activations, places = changing()
    assert [sequence for sequence, _ in activations] == [0, 1, 2]
    last_tick = max(n for n, one in enumerate(world.records) if b'"kind":"tick"' in (one.value or b""))
    for begin in range(last_tick + 1):
        made = of_world(world, begin=begin, activations=activations, answered=3)
        assert made.guard == world.part.guard, f"from offset {begin}, activations at {places}"


def test_activations_that_came_later_or_werent_broadcast_yet_are_left_out() -> None:
    """What was in force at the committed offset is what counts."""
    world, activations, places = changing()
    part = Partition(0, "", world.policies)
    made = part.step(world.records[: places[1]])
    ledger = [value for topic, _, value, _, _ in made.records if topic == "ledger" and value]
    for records, answered in ((world.records, 3), (world.records[: places[1]], 1)):
        found = rebuilt(
            ledger, records, places[1], begin=places[0] + 1, activations=activations, answered=answered
        )
        assert found.guard == part.guard


def test_without_the_activation_anywhere_nothing_is_made_up() -> None:
    """The ticks say that there was one, and `control` doesn't know it."""
    world, activations, _ = changing()
    for known in ([], activations[:2]):
        with pytest.raises(Unknown, match="restore `control` or `signals`"):
            of_world(world, begin=len(world.records) - 1, activations=known, answered=3)


def test_without_any_tick_the_time_is_not_made_up() -> None:
    """Nothing else says how far time had come."""
    world, activations, _ = changing()
    with pytest.raises(Unknown, match="no tick is left in `signals`, partition 0"):
        of_world(world, begin=len(world.records), activations=activations)


# --- what contradicts itself -----------------------------------------------------------------------


@pytest.mark.parametrize("committed", [2, 99])
def test_an_offset_outside_of_the_log_is_refused(committed: int) -> None:
    """Before its beginning or behind its end."""
    records = mailbox()[:4]
    with pytest.raises(Unknown, match="outside the log of `signals`, partition 0"):
        rebuilt([], records, committed, begin=3)


def test_entries_without_a_committed_offset_are_refused() -> None:
    """Where to go on isn't known then."""
    world, _, _ = changing()
    with pytest.raises(Unknown, match="has committed no offset"):
        rebuilt(world.ledger, world.records, None)


def test_an_offset_from_before_the_last_entry_is_refused() -> None:
    """Time would go back."""
    world, _, _ = changing()
    with pytest.raises(Unknown, match="was recorded at"):
        rebuilt(world.ledger, world.records, 3)


def test_a_ledger_that_isnt_whole_is_refused_by_the_entry() -> None:
    """One is missing, doubled, cut, changed, of a stranger, or of another deployment."""
    world, _, _ = changing()
    ledger = world.ledger
    stranger = msgspec.structs.replace(decode_entry(ledger[0]), entity="notice:x")
    unfoldable = ledger[0].replace(b'"sequence":1', b'"sequence":3')
    wrong = [ledger[1:], [*ledger[:2], *ledger[1:]], [ledger[0][:-1]], [encode(stranger)], [unfoldable]]
    for entries in wrong:
        with pytest.raises(NotWhole, match="partition 0, offset"):
            rebuilt(entries, world.records, len(world.records))
    with pytest.raises(NotWhole, match="that it is the first"):
        rebuilt(ledger, world.records, len(world.records), prefix=PREFIX)


def test_of_two_accounts_each_has_its_own_sequence() -> None:
    """And a chain in common."""
    ledger, part, committed = list(stopping(mailbox(), 10_000))[-1]
    made = rebuilt(ledger, mailbox(), committed)
    assert len(made.states) == len(part.states) > 1
    assert made.head.count == len(ledger)


@given(st.integers(0, 40))
@settings(max_examples=20, deadline=None)
def test_a_partition_that_was_rebuilt_goes_on_as_if_nothing_had_happened(stop: int) -> None:
    """The rest of the ledger is the same bytes."""
    records = mailbox()
    whole = list(stopping(records, 10_000))[-1][0]
    ledger, _, committed = list(stopping(records[: max(stop, 1)], 10_000))[-1]
    made = rebuilt(ledger, records, committed)
    part = Partition(0, "", POLICIES)
    for entity, state in made.states.items():
        part.restore(entity, state)
    part.resume(made.guard)
    rest = part.step(records[committed:]) if committed < len(records) else None
    written = [] if rest is None else [v for topic, _, v, _, _ in rest.records if topic == "ledger" and v]
    assert ledger + written == whole
