"""Enforcement: signals that lie ready in Kafka, exactly once, with state and ledger; one process, then two.

A process takes one core at most; partitions are spread over as many processes as there are.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.measure import Rate, Worker, drain
from benchmarks.signals import mailbox
from benchmarks.stack import Stack, community_policy, load, prepare
from services.runtime.settings import Settings

GUESS_PER_S: Final = 12_000
HISTORY: Final = timedelta(days=20)
PROCESSES: Final = 2


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """The rates, with what a signal costs and leads to."""
    one = await decide(stack, stack.settings("enforcement-one"), seconds, seed)
    several = await decide(stack, stack.settings("enforcement"), seconds, seed, processes=PROCESSES)
    return {
        "enforcement.signals_per_s": round(several.per_s),
        "enforcement.processes": PROCESSES,
        "enforcement.one_process_signals_per_s": round(one.per_s),
        "enforcement.cpu_us_per_signal": round(one.cpu_us, 2),
        "enforcement.outputs_per_signal": round(one.outputs, 2),
    }


async def decide(stack: Stack, settings: Settings, seconds: float, seed: int, *, processes: int = 1) -> Rate:
    """Lay signals ready and let enforcement decide them all."""
    policy = community_policy()
    await prepare(settings, policy)
    begin = datetime.now(UTC).replace(microsecond=0) - HISTORY
    signals = mailbox(seed, int(GUESS_PER_S * seconds * processes), policy, begin)
    number = await load(stack.bootstrap, settings.topic("signals"), signals)
    with ExitStack() as running:
        workers = [
            running.enter_context(Worker("enforcement", settings, stack.folder, each))
            for each in range(processes)
        ]
        return await drain(workers, "signals", number)
