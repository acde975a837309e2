"""Enforcement: signals that lie ready in Kafka, one process, exactly once, with state and ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.measure import Rate, Worker
from benchmarks.signals import mailbox
from benchmarks.stack import Stack, community_policy, load, prepare
from services.runtime.settings import Settings

GUESS_PER_S: Final = 18_000
HISTORY: Final = timedelta(days=20)


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """The rate, with what a signal costs and leads to."""
    rate = await decide(stack, stack.settings("enforcement"), seconds, seed)
    return {
        "enforcement.signals_per_s": round(rate.per_s),
        "enforcement.cpu_us_per_signal": round(rate.cpu_us, 2),
        "enforcement.outputs_per_signal": round(rate.outputs, 2),
    }


async def decide(stack: Stack, settings: Settings, seconds: float, seed: int) -> Rate:
    """Lay signals ready and let enforcement decide them all."""
    policy = community_policy()
    await prepare(settings, policy)
    begin = datetime.now(UTC).replace(microsecond=0) - HISTORY
    signals = mailbox(seed, int(GUESS_PER_S * seconds), policy, begin)
    number = await load(stack.bootstrap, settings.topic("signals"), signals)
    with Worker("enforcement", settings, stack.folder) as worker:
        return await worker.drain("signals", number)
