"""Measure: `python -m benchmarks [PART …] [--seconds N]`. Prints a table, and writes build/bench.json."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import enforcement, guidelines, pipeline, projecting, screening
from benchmarks.machine import loop_ns, machine, versions
from benchmarks.stack import Stack, postgres_version, stack
from services.runtime.settings import PROJECT

Part = Callable[[Stack, float, int], Awaitable[dict[str, Any]]]
PARTS: Final[dict[str, Part]] = {
    "guidelines": guidelines.measure,
    "screening": screening.measure,
    "enforcement": enforcement.measure,
    "projecting": projecting.measure,
    "pipeline": pipeline.measure,
}
SECONDS: Final = 20.0
WRITTEN: Final = PROJECT / "build" / "bench.json"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part", nargs="*", choices=[*PARTS, []], help="what to measure; everything by default"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help="about how long each measuring takes (default %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="what the inputs are drawn from (default %(default)s)"
    )
    given = parser.parse_args()
    asyncio.run(_measure(given.part or [*PARTS], given.seconds, given.seed))


async def _measure(parts: list[str], seconds: float, seed: int) -> None:
    console = Console()
    about = machine()
    console.print(
        f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}"
    )
    console.print(f"seed {seed}, about {seconds:g} s for each figure; load before: {about['load_before']}")
    figures: dict[str, Any] = {}
    with stack() as running:
        known = versions(running.kafka_version, await postgres_version(running))
        for part in parts:
            console.print(f"measuring {part} …")
            measured = await PARTS[part](running, seconds, seed) | {f"{part}.loop_ns": loop_ns()}
            _show(console, measured)
            figures |= measured
    WRITTEN.parent.mkdir(exist_ok=True)
    report = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "seconds": seconds,
        "machine": about,
        "versions": known,
        **figures,
    }
    WRITTEN.write_text(json.dumps(report, indent=2) + "\n")
    console.print(f"written to {WRITTEN.relative_to(PROJECT)}")


def _show(console: Console, figures: dict[str, Any]) -> None:
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}")
    console.print(table)


if __name__ == "__main__":
    main()
