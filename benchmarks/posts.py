"""New public posts as a platform sends them: CloudEvents of about 400 bytes, keyed by their author."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Final, NamedTuple

import msgspec

from benchmarks.wording import harmful, harmless

ACCOUNTS: Final = 2_000_000
"""So many that hardly anybody writes twice in the minutes that a benchmark takes: whoever does, floods."""
HARMFUL_SHARE: Final = 0.01
"""Between what rules find in ordinary talk of two kinds: 0.4 and 2 in a hundred (`docs/guidelines.md`)."""
_text: Final = msgspec.json.Encoder()


class Post(NamedTuple):
    """One record to send. `harmful`: a guideline will find something in it."""

    event: str
    key: bytes
    value: bytes
    harmful: bool


def posts(
    seed: int, number: int, *, accounts: int = ACCOUNTS, harmful_share: float = HARMFUL_SHARE, run: str = "a"
) -> Iterator[Post]:
    """So many posts by so many accounts. `run` keeps the ids of several runs apart."""
    random = Random(seed)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for count in range(number):
        bad = random.random() < harmful_share
        body = _text.encode(harmful(random) if bad else harmless(random)).decode()
        author = f"member-{int(accounts * random.random())}"
        event = f"{run}-{seed}-{count}"
        value = (
            f'{{"specversion":"1.0","id":"{event}","source":"/platform/chat","type":"goodstanding.post.created.v1",'
            f'"subject":"{author}","time":"{at}",'
            f'"data":{{"post":"post-{event}","revision":1,"body":{body},"thread":"thread-{count // 7}"}}}}'
        )
        yield Post(event, author.encode(), value.encode(), bad)
