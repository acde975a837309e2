"""The network between a worker and the broker: replies lost, requests held back, slow, cut, silent.

When a reply is lost the broker has acted, and the worker can't know.
"""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from services.runtime.embedded import EmbeddedKafka
from tests.contract.verifying import verify
from tests.fault.processes import Stage, stage_on
from tests.fault.proxy import END_TXN, PRODUCE, TXN_OFFSET_COMMIT, Decide, Proxy

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(180)]

EVERY = 5
LOST_MIN = 3
SEED = random.SystemRandom().randrange(2**32)
HELD_SHORT_S, HELD_LONG_S = 3.0, 16.0
"""Shorter than a revocation waits for the batch in flight; longer than that and than a transaction."""
SILENT_S = 12.0
"""Longer than a session and than a transaction."""
LATENCY_S = 2.0
SLOW_S = 30.0
CUTS_RATE = 0.05
CUTS_MIN = 20


def every(key: int, nth: int) -> Decide:
    """Name each n-th reply of one kind."""
    seen = 0

    def decide(found: int) -> bool:
        nonlocal seen
        seen += found == key
        return found == key and seen % nth == 0

    return decide


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("key", [PRODUCE, END_TXN, TXN_OFFSET_COMMIT], ids=["produce", "end", "offsets"])
def test_a_lost_reply_neither_loses_nor_doubles(
    kafka: EmbeddedKafka, tmp_path: Path, key: int, dies: bool
) -> None:
    """Whether the worker lives on, or dies right afterwards."""

    async def scenario(stage: Stage) -> None:
        await stage.create()
        await stage.send(300)
        async with Proxy(port_of(kafka)) as proxy:
            worker = stage.worker(bootstrap=f"127.0.0.1:{proxy.port}", records_max=10, instance="one")
            proxy.lose(every(key, EVERY))
            async with asyncio.timeout(60):
                while proxy.lost < (1 if dies else LOST_MIN):
                    await asyncio.sleep(0.02)
            if dies:
                worker.signal(signal.SIGKILL)
                await worker.exit_code()
            proxy.lose(lambda _: False)
            if dies:
                stage.worker(instance="one")
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 600

    with stage_on(kafka.bootstrap, tmp_path) as stage:
        stage.world.run(scenario(stage))


def port_of(kafka: EmbeddedKafka) -> int:
    """Where the broker listens."""
    return int(kafka.bootstrap.rpartition(":")[2])


async def reached(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("held_s", [HELD_SHORT_S, HELD_LONG_S], ids=["within-revocation", "past-it"])
def test_an_owner_that_joins_while_the_last_one_commits_reads_no_stale_offset(
    kafka: EmbeddedKafka, tmp_path: Path, held_s: float
) -> None:
    """EndTxn is held at a barrier until another worker has joined; at last it is too late, and is refused."""

    async def scenario(stage: Stage) -> None:
        await stage.create()
        await stage.send(300)
        async with Proxy(port_of(kafka)) as proxy:
            first = stage.worker(bootstrap=f"127.0.0.1:{proxy.port}", records_max=10)
            await first.ready()
            proxy.hold(lambda key: key == END_TXN)
            await stage.send(100)
            await reached(lambda: proxy.held > 0)
            second = stage.worker(records_max=10)
            await second.live()
            await asyncio.sleep(held_s)
            proxy.release()
            await stage.send(100)
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 1_000
            for worker in (first, second):
                await worker.ready()

    with stage_on(kafka.bootstrap, tmp_path) as stage:
        stage.world.run(scenario(stage))


def test_a_connection_that_falls_silent_is_given_up_and_nothing_is_doubled(
    kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    """Half-open: no byte passes, nothing is closed; another worker takes over, and the first comes back."""

    async def scenario(stage: Stage) -> None:
        await stage.create()
        async with Proxy(port_of(kafka)) as proxy, stage.load():
            first = stage.worker(bootstrap=f"127.0.0.1:{proxy.port}", records_max=10)
            await first.ready()
            await asyncio.sleep(1)
            proxy.flowing.clear()
            second = stage.worker(records_max=10)
            await asyncio.sleep(SILENT_S)
            assert await first.why_not_ready() or await second.why_not_ready() == []
            proxy.flowing.set()
            await asyncio.sleep(2)
        # The proxy is gone: the first is cut off for good, and the second has everything.
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 500
        await second.ready()

    with stage_on(kafka.bootstrap, tmp_path) as stage:
        stage.world.run(scenario(stage))


def test_two_seconds_of_latency_delay_and_do_no_harm(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    """Every reply comes two seconds late, so that transactions run into their bound."""

    async def scenario(stage: Stage) -> None:
        await stage.create()
        await stage.send(300)
        async with Proxy(port_of(kafka)) as proxy:
            worker = stage.worker(bootstrap=f"127.0.0.1:{proxy.port}", records_max=100)
            await worker.ready()
            proxy.latency_s = LATENCY_S
            await stage.send(300)
            await asyncio.sleep(SLOW_S)
            proxy.latency_s = 0.0
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 1_200
            await worker.ready()

    with stage_on(kafka.bootstrap, tmp_path) as stage:
        stage.world.run(scenario(stage))


def test_one_request_in_twenty_cut_off_delays_and_does_no_harm(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    """Whatever it was that the connection broke at. A failure names the seed."""
    dice = random.Random(SEED)

    async def scenario(stage: Stage) -> None:
        await stage.create()
        await stage.send(200)
        async with Proxy(port_of(kafka)) as proxy:
            proxy.cut(lambda _: dice.random() < CUTS_RATE)
            stage.worker(bootstrap=f"127.0.0.1:{proxy.port}", records_max=10)
            for _ in range(10):
                await stage.send(20)
                await asyncio.sleep(1)
            await reached(lambda: proxy.cuts >= CUTS_MIN)
            proxy.cut(lambda _: False)
            try:
                assert await verify(stage.world, stage.group, partitions=stage.partitions) == 800
            except AssertionError as error:
                raise AssertionError(f"seed {SEED}: {error}") from error

    with stage_on(kafka.bootstrap, tmp_path) as stage:
        stage.world.run(scenario(stage))
