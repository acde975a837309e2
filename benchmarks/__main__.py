"""Measure: `python -m benchmarks [PART …] [--seconds N]`. Prints a table, and writes build/bench.json."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import (
    backpressure,
    common,
    decisions,
    desk,
    enforcement,
    guidelines,
    pipeline,
    projecting,
    replay,
    restore,
    rules,
    screening,
)
from benchmarks.machine import loop_ns, machine, versions
from benchmarks.stack import Stack, postgres_version, stack
from services.runtime.settings import PROJECT

Part = Callable[[Stack, float, int], Awaitable[dict[str, Any]]]
PARTS: Final[dict[str, Part]] = {
    "guidelines": guidelines.measure,
    "rules": rules.measure,
    "screening": screening.measure,
    "enforcement": enforcement.measure,
    "projecting": projecting.measure,
    "replay": replay.measure,
    "pipeline": pipeline.measure,
    "decisions": decisions.measure,
    "common": common.measure,
}
ON_REQUEST: Final[dict[str, Part]] = {
    "restore": restore.measure,
    "backpressure": backpressure.measure,
    "desk": desk.measure,
}
"""Measured only where they are named: each takes long."""
SECONDS: Final = 20.0
WRITTEN: Final = PROJECT / "build" / "bench.json"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part", nargs="*", choices=[*PARTS, *ON_REQUEST, []], help="what to measure; everything by default"
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
    parser.add_argument(
        "--rounds",
        type=int,
        default=common.ROUNDS,
        help="how often each engine runs on the common workload (default %(default)s)",
    )
    parser.add_argument(
        "--quix-python",
        default="",
        help="a python that has quixstreams, hyperscan and msgspec, to measure it too",
    )
    parser.add_argument(
        "--osprey-python",
        default="",
        help="a python that has what Osprey's engine imports, to measure it too",
    )
    parser.add_argument("--osprey-source", default="", help="a checkout of Osprey")
    parser.add_argument(
        "--accounts",
        type=int,
        default=desk.ACCOUNTS,
        help="how many accounts the desk's database has, and a restore (default %(default)s)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=backpressure.MINUTES,
        help="how long twice the capacity is sent (default %(default)s)",
    )
    given = parser.parse_args()
    known = (
        PARTS
        | ON_REQUEST
        | {
            "common": partial(common.measure, rounds=given.rounds, quix_python=given.quix_python),
            "restore": partial(restore.measure, accounts=given.accounts),
            "backpressure": partial(backpressure.measure, minutes=given.minutes),
            "rules": partial(rules.measure, python=given.osprey_python, source=given.osprey_source),
            "desk": partial(desk.measure, accounts=given.accounts),
        }
    )
    parts = {name: known[name] for name in given.part or PARTS}
    asyncio.run(_measure(parts, given.seconds, given.seed))


async def _measure(parts: Mapping[str, Part], seconds: float, seed: int) -> None:
    console = Console()
    about = machine()
    console.print(
        f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['system']}"
    )
    console.print(f"seed {seed}, about {seconds:g} s for each figure; load before: {about['load_before']}")
    figures: dict[str, Any] = {}
    with stack() as running:
        known = versions(running.kafka_version, await postgres_version(running))
        for name, measure in parts.items():
            console.print(f"measuring {name} …")
            measured = await measure(running, seconds, seed) | {f"{name}.loop_ns": loop_ns()}
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
        table.add_row(name, value if isinstance(value, str) else f"{value:,}")
    console.print(table)


if __name__ == "__main__":
    main()
