"""Replay: a ledger that lies ready in Kafka is verified, and every entry decided again, in one process."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.enforcement import decide
from benchmarks.measure import Failed
from benchmarks.stack import Stack
from services.replay.worker import verify_kafka


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """The rate. The ledger is what enforcement makes of other signals."""
    settings = stack.settings("replay")
    await decide(stack, settings, seconds, seed + 2)
    began, cpu_before = time.monotonic(), time.process_time()
    report = await verify_kafka(settings)
    took_s, cpu_s = time.monotonic() - began, time.process_time() - cpu_before
    if not report.whole or not report.decided_again:
        raise Failed(f"the ledger isn't whole, or nothing was decided again: {report}")
    return {
        "replay.signals_per_s": round(report.decided_again / took_s),
        "replay.cpu_us_per_signal": round(cpu_s / report.decided_again * 1e6, 2),
        "replay.signals": report.decided_again,
    }
