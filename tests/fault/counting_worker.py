"""A worker process of the counting stage: `python -m tests.fault.counting_worker <settings as JSON>`."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter

from services.runtime import hooks
from services.runtime.settings import Settings
from services.runtime.shell import run_worker
from tests.fake.counting import Counting, CountingCore


def crash_at(point: str, passage: int) -> None:
    """SIGKILL itself when it passes a point for the n-th time."""
    passed: Counter[str] = Counter()

    def at(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == passage:
            os.kill(os.getpid(), signal.SIGKILL)

    hooks.at = at


def slow_restore(seconds: float) -> None:
    """Make every changelog record take a while."""
    restore = CountingCore.restore

    def slowly(self: CountingCore, key: bytes, value: bytes | None) -> None:
        time.sleep(seconds)
        restore(self, key, value)

    CountingCore.restore = slowly  # type: ignore[method-assign]  # this process is made for it


def main() -> None:
    """Run until a signal."""
    given = json.loads(sys.argv[1])
    if given.get("crash"):
        crash_at(*given["crash"])
    if given.get("slow_restore_s"):
        slow_restore(given["slow_restore_s"])
    settings = Settings(
        bootstrap_servers=given["bootstrap"],
        topic_prefix=given["prefix"],
        partitions=given["partitions"],
        instance_id=given.get("instance", ""),
        metrics_host="127.0.0.1",
        metrics_port=given["port"],
        stop_timeout_s=10.0,
        log_level="info",
    )
    run_worker(Counting(records_max=given.get("records_max", 50)), settings)


if __name__ == "__main__":
    main()
