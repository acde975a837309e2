"""Restore: enforcement takes over the state of a million accounts, in one process; then it decides with it.

The accounts register first, and a quarter as many signals follow, so that some have posts, strikes and cases.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.enforcement import GUESS_PER_S, HISTORY
from benchmarks.measure import Worker, drain, drained
from benchmarks.signals import Mailbox, Sent, mailbox
from benchmarks.stack import PARTITIONS, Stack, community_policy, load, partition_of, prepare
from events.codec import encode
from events.ids import partition_entity
from events.policy import Policy

ACCOUNTS: Final = 1_000_000
THEN: Final = timedelta(days=15)
"""So long before now the signals begin that are decided after the restore."""

Metrics = Mapping[str, list[tuple[dict[str, str], float]]]


async def measure(stack: Stack, seconds: float, seed: int, accounts: int = ACCOUNTS) -> dict[str, Any]:
    """Time and memory of the restore, and the rate of deciding with so many accounts in memory."""
    settings, policy = stack.settings("restore"), community_policy()
    await prepare(settings, policy)
    begin = datetime.now(UTC).replace(microsecond=0) - HISTORY
    signals = settings.topic("signals")
    laid = await load(stack.bootstrap, signals, _registered(seed, accounts, policy, begin))
    laid += await load(stack.bootstrap, signals, mailbox(seed, accounts // 4, policy, begin, accounts))
    with Worker("enforcement", settings, stack.folder) as first:
        await drained([first], "signals", laid)
    following = mailbox(seed + 1, int(GUESS_PER_S * seconds), policy, begin + HISTORY - THEN, accounts)
    number = await load(stack.bootstrap, signals, following)
    began = time.monotonic()
    with Worker("enforcement", settings, stack.folder, number=2) as second:
        await second.ready()
        ready_s = time.monotonic() - began
        metrics = await second.metrics()
        rate = await drain([second], "signals", number)
    return {
        "restore.accounts": accounts,
        "restore.seconds": round(max(_values(metrics, "goodstanding_restore_seconds")), 1),
        "restore.start_to_ready_s": round(ready_s, 1),
        "restore.changelog_records": int(sum(_values(metrics, "goodstanding_restored_records_total"))),
        "restore.memory_mib": round(_values(metrics, "process_resident_memory_bytes")[0] / 2**20),
        "restore.then_signals_per_s": round(rate.per_s),
        "restore.then_cpu_us_per_signal": round(rate.cpu_us, 2),
    }


def _registered(seed: int, accounts: int, policy: Policy, begin: datetime) -> Iterator[Sent]:
    """One registration for each account, and first what time it is."""
    drawn = Mailbox(seed, policy, begin, accounts)
    for partition in range(PARTITIONS):
        yield partition_entity(partition).encode(), encode(drawn.tick(partition)), partition
    for number in range(accounts):
        signal = drawn.registered(f"member-{number}")
        key = signal.entity.encode()
        yield key, encode(signal), partition_of(key)


def _values(metrics: Metrics, name: str) -> list[float]:
    return [value for _, value in metrics[name]]
