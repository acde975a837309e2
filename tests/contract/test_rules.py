"""The six rules of delivery, proved on the simulated log; and proof that a broken one is noticed."""

# ruff: noqa: ASYNC110 - a test polls

from __future__ import annotations

import asyncio
import gc
import itertools
from asyncio import Future
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from aiokafka.structs import OffsetAndMetadata
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime import build, guard, transaction
from services.runtime.context import Context
from services.runtime.limits import REMIND_IDLE_S
from services.runtime.live import Live
from services.runtime.loop import Loop
from services.runtime.partition import Partition
from services.runtime.port import Producer
from tests.contract import chaos
from tests.contract.chaos import Chaos
from tests.contract.verifying import verify
from tests.contract.worlds import Simulated, read
from tests.fake.counting import INPUTS, OUTPUT, TOPICS, Counting
from tests.fake.log import SimulatedMember

GROUP = "fake.counting"
SEEDS_FOR_BREAKS = range(30)
SCHEDULES = 10_000
BLOCKS = 10
COLLECTED_EACH = 100
BAD_NETWORK_RATE = 0.03
LATE_S = 12.0
"""Longer than a transaction."""


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_lost_or_counted_twice_whatever_the_dice_say(seed: int) -> None:
    """Workers come, go, die, hang and lose replies; outputs, state, guard and offsets equal the model."""
    chaos.run(seed)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_network_that_fails_all_the_time_delays_and_does_no_harm(seed: int) -> None:
    """One call in thirty fails."""
    chaos.run(seed, error_rate=BAD_NETWORK_RATE)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("block", range(BLOCKS))
def test_ten_thousand_schedules_lose_and_double_nothing(block: int) -> None:
    """Always the same ones, a tenth of them with a bad network; workers are struck at any call."""
    each = SCHEDULES // BLOCKS
    for seed in range(block * each, (block + 1) * each):
        chaos.run(seed, error_rate=BAD_NETWORK_RATE if seed % 10 == 0 else chaos.ERROR_RATE)
        if seed % COLLECTED_EACH == 0:
            gc.collect()  # what a restore has once left out of its sight, the collector rarely looks at again


def test_a_schedule_is_the_same_each_time_it_is_played() -> None:
    """Every byte and every time of every log: a seed that failed once fails until it is mended."""
    assert chaos.run(7) == chaos.run(7) != chaos.run(8)


async def _stalled_while_restoring(world: Simulated) -> None:
    """A worker stalls between reading the changelog and the offsets until another one has moved both on."""
    await world.create(*TOPICS, partitions=1)
    await world.produce(INPUTS[0], [(b"k%d" % n, b"%d" % n) for n in range(20)])
    process = world.process()
    stalling = Loop(Counting(), process, prefix=world.prefix)

    def stall(name: str) -> None:
        if name == "committed":
            process.on_point = lambda _: None
            process.freeze()

    process.on_point = stall
    slow = asyncio.ensure_future(stalling.run())
    while process.awake:
        await asyncio.sleep(0.01)
    heir = Loop(Counting(), world.process(), prefix=world.prefix)
    quick = asyncio.ensure_future(heir.run())
    await verify(world, GROUP, partitions=1)
    process.thaw()
    await world.produce(INPUTS[0], [(b"k%d" % n, b"%d" % n) for n in range(20)])
    assert await verify(world, GROUP, partitions=1) == 40
    stalling.drain()
    heir.drain()
    await asyncio.gather(slow, quick)


def test_who_lost_its_partition_while_restoring_is_fenced_and_not_refused() -> None:
    """Nothing contradicts itself, and no operator has anything to look at: the partition has a new owner."""
    world = Simulated()
    world.run(_stalled_while_restoring(world))


async def _killed_at(world: Simulated, point: int) -> bool:
    """Kill a worker at its n-th call, let another go on; False when the first never made so many calls."""
    await world.create(*TOPICS, partitions=1)
    for topic in INPUTS:
        await world.produce(topic, [(b"k%d" % (n % 3), b"%d" % n) for n in range(12)])
    process = world.process()
    first = Loop(Counting(records_max=6), process, prefix=world.prefix)
    task = asyncio.ensure_future(first.run())

    def kill(name: str) -> None:
        if process.points == point:
            process.kill()
            task.cancel()

    process.on_point = kill
    await asyncio.sleep(3)
    struck = process.points >= point
    first.drain()
    second = Loop(Counting(records_max=5), world.process(), prefix=world.prefix)
    rest = asyncio.ensure_future(second.run())
    assert await verify(world, GROUP, partitions=1) == 24
    second.drain()
    await asyncio.gather(task, rest, return_exceptions=True)
    return struck


def test_a_worker_may_die_at_any_call() -> None:
    """Before or after the broker has acted, at every call of a run: start, restore, batches, commits."""
    for point in itertools.count(1):
        world = Simulated(point)
        if not world.run(_killed_at(world, point)):
            break
        if point > 120:  # after that the worker only polls
            break
    assert point > 100


async def _handover(world: Simulated) -> int:
    """A second worker joins while the first commits; how often somebody was fenced, or aborted."""
    await world.create(*TOPICS, partitions=chaos.PARTITIONS)
    for topic in INPUTS:
        await world.produce(topic, [(b"k%d" % (n % 9), b"%d" % n) for n in range(400)])
    run = Chaos(world, world.broker.dice, error_rate=0.0)
    first = run.start()
    first.process.delays = {"commit<": 1.0}
    while not first.loop._parts or world.broker.committed.get(GROUP) is None:
        await asyncio.sleep(0.01)
    run.start()
    await asyncio.sleep(3)
    first.process.delays = {}
    await run.end()
    return world.broker.fenced + world.broker.aborted


@pytest.mark.parametrize("seed", range(10))
def test_a_handover_lets_the_batch_in_flight_end_and_fences_nobody(seed: int) -> None:
    """Revocation waits for it, so the next owner finds it committed."""
    world = Simulated(seed)
    assert world.run(_handover(world)) == 0


async def _zombie(world: Simulated) -> int:
    """A worker stalls in a commit until another has taken over, then wakes; how often ids were taken up."""
    await world.create(*TOPICS, partitions=chaos.PARTITIONS)
    for topic in INPUTS:
        await world.produce(topic, [(b"k%d" % (n % 9), b"%d" % n) for n in range(300)])
    run = Chaos(world, world.broker.dice, error_rate=0.0)
    first = run.start()
    stalled = asyncio.Event()

    def stall(name: str) -> None:
        if name == "commit<" and not stalled.is_set() and first.process.points > 60:
            stalled.set()
            first.process.freeze()

    first.process.on_point = stall
    await stalled.wait()
    run.start()
    await asyncio.sleep(9)
    first.process.thaw()
    for n in range(30):
        await world.produce("orders", [(b"k%d" % (n % 9), b"%d" % n)])
        await asyncio.sleep(0.1)
    await run.end()
    return sum(identity.epoch + 1 for identity in world.broker.identities.values())


@pytest.mark.parametrize("seed", range(5))
def test_a_zombie_writes_nothing_and_leaves_the_new_owner_in_peace(seed: int) -> None:
    """Fenced, it waits for an assignment: first owner, second, then one more rebalance or two."""
    world = Simulated(seed)
    assert world.run(_zombie(world)) <= 4 * chaos.PARTITIONS


async def _late_reply(world: Simulated, point: str) -> None:
    """For a while one answer of the broker comes after the transaction's bound."""
    await world.create(*TOPICS, partitions=chaos.PARTITIONS)
    run = Chaos(world, world.broker.dice, error_rate=0.0)
    worker = run.start()
    while worker.loop.reasons():
        await asyncio.sleep(0.01)
    worker.process.delays = {point: LATE_S}
    for topic in INPUTS:
        await world.produce(topic, [(b"k%d" % (n % 9), b"%d" % n) for n in range(100)])
    await asyncio.sleep(2 * LATE_S)
    worker.process.delays = {}
    await run.end()


@pytest.mark.parametrize("point", ["produce>", "offsets>", "commit>"])
def test_a_reply_that_is_later_than_the_transaction_leaves_its_outcome_to_the_log(point: str) -> None:
    """Whether it was committed is read there, and nowhere else."""
    world = Simulated()
    world.run(_late_reply(world, point))


def _break_1(patch: pytest.MonkeyPatch) -> None:
    """A new transactional id at each start: nobody is fenced."""
    number = itertools.count()
    patch.setattr(Context, "transactional_id", lambda _, __: f"id-{next(number)}")


def _break_2(patch: pytest.MonkeyPatch) -> None:
    """Restore and ask for offsets first, start the producer afterwards."""
    finish = build.build

    async def unfenced(context: Context, partition: int) -> Producer:
        return context.log.producer(context.transactional_id(partition))

    async def late(context: Context, partition: int, producer: Producer, assignment: int) -> Live:
        live = await finish(context, partition, producer, assignment)
        await producer.start()
        return live

    patch.setattr(build, "fence", unfenced)
    patch.setattr(build, "build", late)


def _break_2_restore(patch: pytest.MonkeyPatch) -> None:
    """Believe that a restore that reads nothing has found nothing, and don't look at the guard."""

    async def nothing(*_: Any) -> None:
        return

    def believe(_: Any, committed: Mapping[str, int | None], begins: Mapping[str, int], *__: Any) -> Any:
        return {topic: begins[topic] if offset is None else offset for topic, offset in committed.items()}

    patch.setattr(build, "restore", nothing)
    patch.setattr(guard, "starts", believe)


def _break_2_seek(patch: pytest.MonkeyPatch) -> None:
    """Read on wherever the group says, and not where the state is."""
    patch.setattr(SimulatedMember, "seek", lambda *_: None)


def _break_3(patch: pytest.MonkeyPatch) -> None:
    """Wait for the sends, and look away."""

    async def look_away(futures: Sequence[Future[Any]]) -> None:
        await asyncio.gather(*futures, return_exceptions=True)

    patch.setattr(transaction, "settle", look_away)


def _break_4(patch: pytest.MonkeyPatch) -> None:
    """Keep producer and state after a failure, and try again."""
    drop = Partition._drop

    async def keep(self: Partition, reason: str | None = None) -> None:
        if reason != "infrastructure":
            await drop(self, reason)

    patch.setattr(Partition, "_drop", keep)


def _break_4_timeout(patch: pytest.MonkeyPatch) -> None:
    """Keep producer and state after a time-out alone: the batch hasn't failed, one might think."""
    retry = Partition._retry

    async def keep(self: Partition, error: BaseException) -> None:
        if not isinstance(error, TimeoutError):
            await retry(self, error)

    patch.setattr(Partition, "_retry", keep)


def _break_5(patch: pytest.MonkeyPatch) -> None:
    """Fenced: take the partition back at once."""
    patch.setattr(Partition, "_fenced", Partition._retry)


def _break_6(patch: pytest.MonkeyPatch) -> None:
    """Give partitions up without waiting for the batch in flight."""

    async def at_once(self: Loop, bound_s: float) -> None:
        return

    patch.setattr(Loop, "_idle", at_once)


def _by_dice() -> None:
    for seed in SEEDS_FOR_BREAKS:
        chaos.run(seed, error_rate=0.01)


def _by_zombie() -> None:
    for seed in range(5):
        test_a_zombie_writes_nothing_and_leaves_the_new_owner_in_peace(seed)


def _by_handover() -> None:
    for seed in range(10):
        test_a_handover_lets_the_batch_in_flight_end_and_fences_nobody(seed)


def _by_late_replies() -> None:
    for point in ("produce>", "offsets>", "commit>"):
        test_a_reply_that_is_later_than_the_transaction_leaves_its_outcome_to_the_log(point)


@pytest.mark.parametrize(
    ("broken", "proof"),
    [
        pytest.param(_break_1, _by_zombie, id="1-one-stable-id"),
        pytest.param(_break_2, _by_dice, id="2-fence-before-restoring"),
        pytest.param(_break_2_restore, _by_dice, id="2-restore-and-check-the-guard"),
        pytest.param(_break_2_seek, _by_dice, id="2-seek-to-where-the-state-is"),
        pytest.param(_break_3, _by_dice, id="3-await-every-send"),
        pytest.param(_break_4, _by_dice, id="4-drop-after-any-failure"),
        pytest.param(_break_4_timeout, _by_late_replies, id="4-a-time-out-is-a-failure"),
        pytest.param(_break_5, _by_zombie, id="5-fenced-waits-for-an-assignment"),
        pytest.param(_break_6, _by_handover, id="6-revocation-waits"),
    ],
)
def test_breaking_a_rule_is_noticed(
    broken: Callable[[pytest.MonkeyPatch], None], proof: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the proofs above would prove nothing."""
    proof()
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        proof()


FORGOTTEN = {"nothing": None, "less": 5}


@pytest.mark.parametrize("known", FORGOTTEN)
@pytest.mark.parametrize("running", [False, True], ids=["restarted", "running"])
def test_a_coordinator_that_has_forgotten_offsets_is_told_them_again(known: str, running: bool) -> None:
    """By whoever takes the partition over, or has nothing to do: nothing is counted twice."""
    world = Simulated()
    left = FORGOTTEN[known]

    def forget() -> None:
        group = world.broker.committed[GROUP]
        for at in list(group):
            if left is None:
                del group[at]
            else:
                group[at] = OffsetAndMetadata(min(left, group[at].offset), "")

    async def scenario() -> None:
        await world.create(*TOPICS, partitions=1)
        for _ in range(2):
            loop = Loop(Counting(), world.process(), prefix=world.prefix)
            task = asyncio.ensure_future(loop.run())
            await world.produce(INPUTS[0], [(b"k%d" % n, b"%d" % n) for n in range(20)])
            await asyncio.sleep(5)
            if running:
                forget()
                await asyncio.sleep(2 * REMIND_IDLE_S)
            end = await world.high(world.at(INPUTS[0], 0))
            assert world.broker.committed[GROUP][world.at(INPUTS[0], 0)].offset == end
            loop.drain()
            await task
            forget()
        assert len(await read(world.process(), world.at(OUTPUT, 0))) == 40

    world.run(scenario())
