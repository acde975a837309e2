"""The peer: a plain Faust agent that screens posts one at a time, at least once, as Faust does by default.

It holds posts against the same contracts and rules, with the same pure functions, and sends the same outputs.
Run as `python -m benchmarks.faust_peer BOOTSTRAP PREFIX`; it prints a line of JSON a second.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from benchmarks.faust_shell import RAW, app_of, run
from benchmarks.stack import community_policy
from benchmarks.worker import KEY
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen

bootstrap, prefix = sys.argv[1:3]

app = app_of(f"{prefix}faust", bootstrap)
posts = app.topic(f"{prefix}posts", **RAW)
outputs = {
    name: app.topic(f"{prefix}faust-{name}", **RAW) for name in ("signals", "contents", "dead_letters")
}
screen = Screen(KEY)
screen.take_up(Rulebook(community_policy()))


class Seen(msgspec.Struct, gc=False):
    """A message as screening wants it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


done: Counter[str] = Counter()


@app.agent(posts)
async def screening(stream: Any) -> None:
    async for event in stream.events():
        message = event.message
        stamp = int(message.timestamp * 1000)
        record = Seen("posts", message.partition, message.offset, stamp, message.key, message.value, ())
        for output in screen.screen_posts([record]):
            await outputs[output.topic].send(key=output.key, value=output.value)
            done["outputs"] += 1
        done["records"] += 1


@app.timer(1.0)  # type: ignore[untyped-decorator]  # faust ships no types that hold
async def tell() -> None:
    said = {"records": done["records"], "outputs": done["outputs"]}
    print(json.dumps({"at_s": time.monotonic(), "cpu_s": time.process_time(), **said}), flush=True)


if __name__ == "__main__":
    run(app)
