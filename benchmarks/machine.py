"""On what a figure was measured: without that it says nothing."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

LOOP_TURNS: Final = 200_000
LOOP_REPEATS: Final = 5
PACKAGES: Final = ("aiokafka", "asyncpg", "faust-streaming", "hyperscan", "msgspec", "pydantic")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system, and how busy it was beforehand."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(kafka: str, postgres: str) -> dict[str, str]:
    """What was measured with."""
    found = {name: version(name) for name in PACKAGES}
    return {
        "goodstanding": version("goodstanding"),
        "python": sys.version.split()[0],
        "kafka": kafka,
        "postgresql": postgres,
        **found,
    }


def loop_ns() -> float:
    """Processor time of one turn of a fixed loop, in nanoseconds: how fast the machine is just now.

    On a machine that is shared, figures of two runs compare only where these do.
    """
    found: dict[int, str] = {}
    best = min(_loop_s(found) for _ in range(LOOP_REPEATS))
    return round(best / LOOP_TURNS * 1e9, 1)


def _loop_s(found: dict[int, str]) -> float:
    began = time.process_time()
    for turn in range(LOOP_TURNS):
        found[turn & 1023] = str(turn)
    return time.process_time() - began


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
