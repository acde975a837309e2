"""The workload that every engine can express, as plain functions: what is done with one post.

A post is parsed, its lower-cased body is searched for literals, and its author's posts of the last ten
minutes are counted, by the posts' own times. A post with a literal, or by an author who is busy, leads to one
record, keyed by the author. Our engine, the Faust agent and the Quix program call what stands here, each from
its own process; `streams/` says the same in Java, and the outputs must be the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from struct import Struct
from typing import Final

import hyperscan
import msgspec

WINDOW_S: Final = 600
BUSY_POSTS: Final = 5
"""So many posts in the window make an author busy, the one at hand among them."""
_TIME: Final = Struct(">q")


class Data(msgspec.Struct, gc=False):
    """What a post says."""

    body: str
    thread: str


class Post(msgspec.Struct, gc=False):
    """The fields that are read of a post; others are passed over."""

    subject: str
    time: datetime
    data: Data


class Seen(msgspec.Struct, gc=False):
    """What is sent on: `found` are the numbers of the literals, ascending, `posts` those in the window."""

    author: str
    thread: str
    time: datetime
    found: list[int]
    posts: int


_decode: Final = msgspec.json.Decoder(Post).decode
_encode: Final = msgspec.json.Encoder().encode


def read_literals(path: Path) -> list[str]:
    """The literals, one a line; a literal's number is its line's, from 0."""
    return path.read_text("utf-8").splitlines()


class Work:
    """What is done with a post. It holds nothing but the literals: windows are the engine's state."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._found: list[int] = []
        self._literals = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._literals.compile(
            expressions=[literal.encode() for literal in literals],
            ids=[*range(len(literals))],
            elements=len(literals),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(literals),
            literal=True,
        )
        add = self._found.append

        def on_match(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            add(number)

        self._on_match = on_match

    def post(self, value: bytes, window: bytes) -> tuple[bytes, bytes | None]:
        """The author's window with this post, and what to send, if anything.

        A window is the times of posts in seconds since the epoch, eight bytes each, big-endian, oldest first.
        Raises `msgspec.MsgspecError` for what is no post.
        """
        post = _decode(value)
        at = int(post.time.timestamp())
        begin = 0
        while begin < len(window) and _TIME.unpack_from(window, begin)[0] <= at - WINDOW_S:
            begin += _TIME.size
        window = window[begin:] + _TIME.pack(at)
        found = self._found
        found.clear()
        self._literals.scan(post.data.body.lower().encode(), self._on_match)
        posts = len(window) // _TIME.size
        if not found and posts < BUSY_POSTS:
            return window, None
        return window, _encode(Seen(post.subject, post.data.thread, post.time, sorted(found), posts))
