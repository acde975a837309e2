"""The Quix Streams peer on the common workload: one dataframe with state, exactly once.

It runs with a Python of its own, which has `quixstreams`, `hyperscan` and `msgspec`:
`python -m benchmarks.quix_peer BOOTSTRAP PREFIX NAME LITERALS STATE_FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from quixstreams import Application  # type: ignore[import-not-found]  # it is installed elsewhere

from benchmarks.common_work import Work, read_literals


def main(bootstrap: str, prefix: str, name: str, literals: Path, state_folder: Path) -> None:
    """Work until SIGTERM."""
    app = Application(
        bootstrap,
        consumer_group=f"{prefix}{name}",
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        auto_create_topics=True,
        state_dir=state_folder,
        loglevel="WARNING",
    )
    posts = app.topic(f"{prefix}posts", value_deserializer="bytes")
    out = app.topic(f"{prefix}{name}-out", value_serializer="bytes")
    work = Work(read_literals(literals))

    def screen(value: bytes, state: Any) -> bytes | None:
        window, seen = work.post(value, state.get_bytes("window", b""))
        state.set_bytes("window", window)
        return seen

    app.dataframe(posts).apply(screen, stateful=True).filter(lambda seen: seen is not None).to_topic(out)
    app.run()


if __name__ == "__main__":
    servers, topics, run, *paths = sys.argv[1:]
    main(servers, topics, run, *map(Path, paths))
