"""The Faust peer on the common workload: a plain agent with a table, at least once, as Faust does by default.

Run as `python -m benchmarks.common_faust BOOTSTRAP PREFIX NAME LITERALS`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import faust

from benchmarks.common_work import Work, read_literals
from benchmarks.faust_shell import RAW, app_of, run
from benchmarks.stack import PARTITIONS

bootstrap, prefix, name, literals = sys.argv[1:]

app = app_of(f"{prefix}{name}", bootstrap)
posts = app.topic(f"{prefix}posts", **RAW)
out = app.topic(f"{prefix}{name}-out", **RAW)
windows: Any = app.Table("windows", partitions=PARTITIONS, schema=faust.Schema(**RAW))
work = Work(read_literals(Path(literals)))


@app.agent(posts)
async def screening(stream: Any) -> None:
    async for key, value in stream.items():
        window, seen = work.post(value, windows.get(key) or b"")
        windows[key] = window
        if seen is not None:
            await out.send(key=key, value=seen)


if __name__ == "__main__":
    run(app)
