"""The Faust peer on the common workload: a plain agent with a table, at least once, as Faust does by default.

Run as `python -m benchmarks.common_faust BOOTSTRAP PREFIX NAME LITERALS`.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import faust
from faust.worker import Worker

from benchmarks.common_work import Work, read_literals
from benchmarks.stack import PARTITIONS

RAW: Any = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}

bootstrap, prefix, name, literals = sys.argv[1:]

app = faust.App(
    f"{prefix}{name}",
    broker=f"kafka://{bootstrap}",
    store="memory://",
    web_enabled=False,
    topic_partitions=PARTITIONS,
    topic_disable_leader=True,
    topic_allow_declare=False,
    autodiscover=False,
    consumer_auto_offset_reset="earliest",
)
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
    # Its Kafka client makes debug records of each message that no handler takes: an eighth of the work.
    logging.disable(logging.INFO)
    Worker(app, loglevel="warning", quiet=True, redirect_stdouts=False).execute_from_commandline()
