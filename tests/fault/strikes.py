"""The faults that a soak chooses from. Each has mended what it broke when it returns."""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg

from services.runtime.hooks import POINTS
from tests.fault.proxy import END_TXN, PRODUCE, TXN_OFFSET_COMMIT

if TYPE_CHECKING:
    from tests.fault.soak import Soak

COUNTED = ("screening", "enforcement")
DIRECT = ("screening-a", "enforcement-a", "clock-a", "projecting-a", "projecting-b")
BY_PROXY = ("screening-b", "enforcement-b")
WORKERS = (*DIRECT, *BY_PROXY)
STALLS_S = (2.0, 5.0, 9.0, 13.0)
"""Shorter and longer than a session (6 s) and than a transaction (10 s)."""
AWAY_S = (0.0, 1.0, 5.0, 15.0)
NETWORK_S = 6.0
LATENCIES_S = (0.2, 1.0, 2.0)
CUT_RATE = 0.05
LOST_RATE = 0.2
CRASH_S_MAX = 30.0
STOP_S_MAX = 30.0


class Fault(NamedTuple):
    """One kind of fault: what a report calls it, and how many cards of the deck are of it."""

    name: str
    weight: int
    strike: Callable[[Soak], Coroutine[Any, Any, None]]


async def worker_killed(soak: Soak) -> None:
    """SIGKILL, and a new one at once or a little later."""
    name = soak.anyone()
    with soak.holding(name):
        soak.fleet.kill(name)
        await asyncio.sleep(soak.dice.choice(AWAY_S[:3]))
        soak.start(name)


async def worker_crashed(soak: Soak) -> None:
    """SIGKILL between two steps of a batch."""
    name = soak.dice.choice([name for name in WORKERS if name.startswith(COUNTED)])
    with soak.holding(name):
        soak.fleet.kill(name)
        soak.start(name, (soak.dice.choice(POINTS), soak.dice.randint(1, 20)))
        with contextlib.suppress(TimeoutError):  # the other one may hold every partition
            async with asyncio.timeout(CRASH_S_MAX):
                await soak.fleet.crashed(name)
        soak.fleet.kill(name)
        soak.start(name)


async def worker_stopped(soak: Soak) -> None:
    """SIGTERM: it must end by itself, with 0."""
    name = soak.anyone()
    with soak.holding(name):
        soak.fleet.signal(name, signal.SIGTERM)
        waited = time.monotonic()
        while soak.fleet.ended(name) is None and time.monotonic() - waited < STOP_S_MAX:
            await asyncio.sleep(0.1)
        if (code := soak.fleet.ended(name)) != 0:
            soak.note(f"{name}, told to stop, exit code {code}: {soak.fleet.last_words(name)}")
        soak.fleet.kill(name)
        soak.start(name)


async def worker_stalled(soak: Soak) -> None:
    """SIGSTOP for a while: who wakes up may find another owner."""
    name = soak.anyone()
    with soak.holding(name):
        soak.fleet.signal(name, signal.SIGSTOP)
        await asyncio.sleep(soak.dice.choice(STALLS_S))
        soak.fleet.signal(name, signal.SIGCONT)


async def worker_joined(soak: Soak) -> None:
    """A third worker of a stage comes, and goes or is killed."""
    name = f"{soak.dice.choice(COUNTED)}-c"
    soak.start(name)
    await asyncio.sleep(soak.dice.uniform(3, 10))
    if soak.dice.random() < 0.5:
        soak.fleet.signal(name, signal.SIGTERM)
        await asyncio.sleep(2)
    soak.fleet.kill(name)


async def broker_killed(soak: Soak) -> None:
    """SIGKILL with transactions open."""
    soak.kafka.kill()
    await asyncio.sleep(soak.dice.choice(AWAY_S))
    await asyncio.to_thread(soak.kafka.start)


async def broker_stopped(soak: Soak) -> None:
    """Restarted in order."""
    await asyncio.to_thread(soak.kafka.restart)


async def broker_stalled(soak: Soak) -> None:
    """SIGSTOP: it answers nobody, with every connection open."""
    soak.kafka._children[0].ask(signal.SIGSTOP)
    await asyncio.sleep(soak.dice.choice(STALLS_S[:3]))
    soak.kafka._children[0].ask(signal.SIGCONT)


async def database_killed(soak: Soak) -> None:
    """PostgreSQL dies without a word, and recovers."""
    await asyncio.to_thread(soak.postgres.kill)
    await asyncio.sleep(soak.dice.choice(AWAY_S))
    await asyncio.to_thread(soak.postgres.start)


async def connections_cut(soak: Soak) -> None:
    """Every connection of the projectors is terminated, several times."""
    connection = await asyncpg.connect(soak.postgres.dsn)
    try:
        for _ in range(soak.dice.randint(1, 10)):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'goodstanding-projecting-%'"
            )
            await asyncio.sleep(soak.dice.uniform(0.0, 0.3))
    finally:
        await connection.close()


async def replies_lost(soak: Soak) -> None:
    """The broker has acted, and the worker never hears of it."""
    lost = soak.dice.choice((PRODUCE, END_TXN, TXN_OFFSET_COMMIT))
    soak.proxy.lose(lambda key: key == lost and soak.dice.random() < LOST_RATE)
    await asyncio.sleep(NETWORK_S)
    soak.proxy.lose(lambda _: False)


async def requests_cut(soak: Soak) -> None:
    """Connections break at one request in twenty."""
    soak.proxy.cut(lambda _: soak.dice.random() < CUT_RATE)
    await asyncio.sleep(NETWORK_S)
    soak.proxy.cut(lambda _: False)


async def network_slow(soak: Soak) -> None:
    """Every reply is late."""
    soak.proxy.latency_s = soak.dice.choice(LATENCIES_S)
    await asyncio.sleep(NETWORK_S)
    soak.proxy.latency_s = 0.0


async def network_silent(soak: Soak) -> None:
    """Half-open: no byte passes, nothing is closed."""
    soak.proxy.flowing.clear()
    await asyncio.sleep(soak.dice.choice(STALLS_S))
    soak.proxy.flowing.set()


FAULTS = (
    Fault("a worker killed", 4, worker_killed),
    Fault("a worker killed between two steps of a batch", 3, worker_crashed),
    Fault("a worker told to stop", 2, worker_stopped),
    Fault("a worker stalled, for 2 to 13 s", 3, worker_stalled),
    Fault("a third worker joined and left", 2, worker_joined),
    Fault("the broker killed, away for up to 15 s", 1, broker_killed),
    Fault("the broker restarted", 1, broker_stopped),
    Fault("the broker stalled, for 2 to 9 s", 1, broker_stalled),
    Fault("PostgreSQL killed, away for up to 15 s", 1, database_killed),
    Fault("the projectors' connections terminated", 2, connections_cut),
    Fault("replies lost: Produce, EndTxn or TxnOffsetCommit", 3, replies_lost),
    Fault("one request in twenty cut", 2, requests_cut),
    Fault("replies late by up to 2 s", 1, network_slow),
    Fault("the network silent, for 2 to 13 s", 2, network_silent),
)
