"""Workers that come, go, stall and are told to stop."""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.contract.verifying import verify
from tests.fault.processes import Stage, WorkerProcess

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(180)]

STALL_S = 9.0
"""Longer than the session, shorter than a transaction: only fencing stops the zombie."""


def test_workers_join_and_leave_under_load(stage: Stage) -> None:
    """One, two, three, one: partitions move, and every step makes progress."""

    async def scenario() -> None:
        await stage.create()
        async with stage.load():
            workers = [stage.worker()]
            await workers[0].ready()
            for _ in range(2):
                workers.append(stage.worker())
                await workers[-1].ready()
                await asyncio.sleep(1)
            for worker in workers[1:]:
                worker.signal(signal.SIGTERM)
                assert await worker.exit_code() == 0
            await asyncio.sleep(1)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 500
        await workers[0].ready()

    stage.world.run(scenario())


def test_workers_that_join_and_leave_every_second_still_make_progress(stage: Stage) -> None:
    """A storm of rebalances."""

    async def scenario() -> None:
        await stage.create()
        steady = stage.worker()
        await steady.ready()
        async with stage.load():
            for _ in range(6):
                passing = stage.worker()
                await passing.live()
                await asyncio.sleep(0.5)
                passing.signal(signal.SIGTERM)
                assert await passing.exit_code() == 0
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 300

    stage.world.run(scenario())


def test_a_zombie_is_fenced_and_writes_nothing(stage: Stage) -> None:
    """Stopped past its session; another takes over; the one that wakes up finds its producers fenced."""

    async def scenario() -> None:
        await stage.create()
        async with stage.load():
            zombie = stage.worker(records_max=5)
            await zombie.ready()
            await asyncio.sleep(1)
            zombie.signal(signal.SIGSTOP)
            heir = stage.worker()
            await asyncio.sleep(STALL_S)
            zombie.signal(signal.SIGCONT)
            await asyncio.sleep(3)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 500
        await heir.ready()
        await zombie.ready()

    stage.world.run(scenario())


def test_a_lone_worker_stalled_past_its_transaction_goes_on(stage: Stage) -> None:
    """The broker has fenced it; nobody took over, so it must come back by itself."""

    async def scenario() -> None:
        await stage.create()
        async with stage.load():
            worker = stage.worker(records_max=5)
            await worker.ready()
            await asyncio.sleep(1)
            worker.signal(signal.SIGSTOP)
            await asyncio.sleep(12)
            worker.signal(signal.SIGCONT)
            await asyncio.sleep(1)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 500

    stage.world.run(scenario())


@pytest.mark.parametrize("then_kill", [False, True])
def test_sigterm_under_load_ends_the_batch_and_exits_cleanly(stage: Stage, then_kill: bool) -> None:
    """And if SIGKILL follows soon after, the next worker still finds whole batches."""

    async def scenario() -> None:
        await stage.create()
        async with stage.load(2_000):
            worker = stage.worker(records_max=20)
            await worker.ready()
            await asyncio.sleep(0.5)
            worker.signal(signal.SIGTERM)
            if then_kill:
                await asyncio.sleep(0.02)
                worker.signal(signal.SIGKILL)
            assert await worker.exit_code() in ((0, -signal.SIGKILL) if then_kill else (0,))
        stage.worker(records_max=1_000)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 100

    stage.world.run(scenario())


def test_sigterm_during_a_restore_exits_cleanly_and_soon(stage: Stage) -> None:
    """It isn't ready meanwhile, and says why."""

    async def scenario() -> None:
        await stage.create()
        await stage.send(200)
        await run_to_end(stage)
        slow = stage.worker(slow_restore_s=0.02)
        while not any("restoring" in reason for reason in await slow.why_not_ready()):
            await asyncio.sleep(0.02)
        slow.signal(signal.SIGTERM)
        assert await slow.exit_code(10) == 0
        await run_to_end(stage)

    stage.world.run(scenario())


def test_a_rebalance_during_a_restore_changes_nothing(stage: Stage) -> None:
    """Another worker joins while the first still reads its state back."""

    async def scenario() -> None:
        await stage.create()
        await stage.send(200)
        await run_to_end(stage)
        slow = stage.worker(slow_restore_s=0.02)
        while not any("restoring" in reason for reason in await slow.why_not_ready()):
            await asyncio.sleep(0.02)
        stage.worker()
        await stage.send(200)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) == 800

    stage.world.run(scenario())


async def run_to_end(stage: Stage) -> None:
    """One worker until everything is read and verified."""
    worker: WorkerProcess = stage.worker()
    await verify(stage.world, stage.group, partitions=stage.partitions)
    worker.signal(signal.SIGTERM)
    assert await worker.exit_code() == 0
