"""On what a figure was measured: without that it says nothing."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

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


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
