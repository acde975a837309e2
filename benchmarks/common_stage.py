"""Our engine on the common workload, in a process of its own.

Run as `python -m benchmarks.common_stage NAME LITERALS`, with the settings in the environment.
Windows are state with a changelog, written in the transaction that has the outputs and the offsets.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.common_work import Work, read_literals
from services.runtime.settings import load_settings
from services.runtime.shell import run_worker
from services.runtime.stage import Batch, Core, Output, Record

POSTS: Final = "posts"
BATCH_RECORDS_MAX: Final = 4_000
"""As screening has it."""


class CommonCore:
    """One partition: its authors' windows."""

    def __init__(self, work: Work, out: str) -> None:
        self._work = work
        self._out = out
        self._windows: dict[bytes, bytes] = {}

    def restore(self, key: bytes, value: bytes | None) -> None:
        """One author's window."""
        if value is not None:
            self._windows[key] = value

    def resume(self, guard: bytes | None) -> None:
        """Nothing is kept in the guard."""

    def observe(self, records: Mapping[str, Sequence[Record]]) -> None:
        """No history is read again: windows come from the changelog."""

    def held(self) -> int:
        """Authors with a window."""
        return len(self._windows)

    def step(self, records: Mapping[str, Sequence[Record]]) -> Batch:
        """Take each post into its author's window; what is sent, and the windows that changed."""
        page = records[POSTS]
        work, out, windows = self._work.post, self._out, self._windows
        outputs: list[Output] = []
        changes: dict[bytes, bytes | None] = {}
        for record in page:
            key, value = record.key, record.value
            assert key is not None, "every post has its author as its key"
            assert value is not None, "every post has a value"
            window, seen = work(value, windows.get(key, b""))
            windows[key] = changes[key] = window
            if seen is not None:
                outputs.append(Output(out, key, seen))
        return Batch(outputs, {POSTS: page[-1].offset + 1}, changes)


class CommonStage:
    """The workload as a stage. `name` is that of the run: group, changelog and outputs are named after it."""

    inputs: tuple[str, ...] = (POSTS,)
    history: Mapping[str, timedelta] = {}
    batch_records_max = BATCH_RECORDS_MAX

    def __init__(self, name: str, work: Work) -> None:
        self.name = name
        self.changelog = f"{name}-windows"
        self._work = work

    def core(self, _: int) -> Core:
        """An empty one."""
        return CommonCore(self._work, f"{self.name}-out")

    async def prepare(self, core: Core, records: Mapping[str, Sequence[Record]]) -> None:
        """Nothing is needed from outside."""


if __name__ == "__main__":
    run, literals = sys.argv[1:]
    run_worker(CommonStage(run, Work(read_literals(Path(literals)))), load_settings())
