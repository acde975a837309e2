"""The posts of the common workload, its literals, and what the posts call for, record by record."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from benchmarks.common_work import BUSY_POSTS, WINDOW_S, Work
from benchmarks.measure import Failed
from benchmarks.posts import posts
from benchmarks.stack import PARTITIONS, partition_of
from events.policy import Policy

BUSY_SHARE: Final = 0.02
BUSY_POSTS_MEAN: Final = 6
"""Some authors write so many posts in a window; the others hardly ever two."""
SPAN_S: Final = 3 * WINDOW_S
"""The time in which all posts were written, so that windows fill up and pass."""
LETTERS_MIN: Final = 5
LISTS: Final[Mapping[str, Sequence[str]]] = {
    "keep-it-clean.terms": (
        "mild",
        "strong",
        "coarse",
        "advances",
        "gendered",
        "insults",
        "addressed",
        "sexual",
        "graphic",
        "threats",
        "self_harm",
    ),
    "no-bullying.insults": ("insults", "addressed", "dismissive"),
    "no-hate.groups": ("slurs", "slurs_doubtful", "dehumanising", "demeaning"),
    "no-selling.promotion": (
        "prospecting",
        "subscriptions",
        "urges",
        "own",
        "offers",
        "money",
        "promotional_hosts",
        "shop_hosts",
        "shorteners",
    ),
}
"""The lists of the community's policy whose plain terms are the literals."""
_SPECIAL: Final = frozenset("~*|:;")
_SPOT: Final = (b"77", b"-7")
"""Authors whose names end so are worked out a second time, in plain Python: one of a hundred, one busy."""
_TIME_KEY: Final = b'"time":"'
_TIME_BYTES: Final = len("2000-01-01T00:00:00Z")


class Expected:
    """What the posts of one partition call for: outputs in order, each with the offset of its post."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.values: list[bytes] = []
        self.end = 0

    def add(self, value: bytes | None) -> None:
        """One more post, and the output that it calls for, if any."""
        if value is not None:
            self.offsets.append(self.end)
            self.values.append(value)
        self.end += 1

    def below(self, offset: int) -> list[bytes]:
        """The outputs that the posts below an offset call for."""
        return self.values[: bisect_left(self.offsets, offset)]


class Model:
    """Works out what posts call for, with the functions that the engines call too.

    So a part of it is worked out again in plain Python, and Kafka Streams' outputs are held against it.
    """

    def __init__(self, literals: Sequence[str]) -> None:
        self.expected = [Expected() for _ in range(PARTITIONS)]
        self._work = Work(literals)
        self._plain = _Plain(literals)
        self._windows: dict[bytes, bytes] = {}

    def watch(self, written: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes, int]]:
        """Pass posts (author, event) on, each with its partition. Raises `Failed` where both ways differ."""
        for key, value in written:
            self._windows[key], seen = self._work.post(value, self._windows.get(key, b""))
            if key.endswith(_SPOT) and (plain := self._plain.post(value)) != seen:
                raise Failed(f"the common workload makes {seen!r} of {value!r}, expected {plain!r}")
            at = partition_of(key)
            self.expected[at].add(seen)
            yield key, value, at
        self._windows.clear()


class _Plain:
    """The workload once more, as slow and plain as can be."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._literals = literals
        self._times: dict[str, list[datetime]] = {}

    def post(self, value: bytes) -> bytes | None:
        """What to send for a post, if anything."""
        event: dict[str, Any] = json.loads(value)
        at = datetime.fromisoformat(event["time"])
        times = self._times.setdefault(event["subject"], [])
        times.append(at)
        recent = sum(at - time < timedelta(seconds=WINDOW_S) for time in times)
        body = event["data"]["body"].lower()
        found = [number for number, literal in enumerate(self._literals) if literal in body]
        if not found and recent < BUSY_POSTS:
            return None
        seen = {"author": event["subject"], "thread": event["data"]["thread"], "time": event["time"]}
        return json.dumps({**seen, "found": found, "posts": recent}, separators=(",", ":")).encode()


def literals_of(policy: Policy) -> list[str]:
    """The plain terms of `LISTS`: no patterns, nothing that is shorter than `LETTERS_MIN`."""
    terms = {
        term.lower()
        for rule, names in LISTS.items()
        for name in names
        for term in policy.rules[rule].lists[name]
    }
    return sorted(term for term in terms if len(term) >= LETTERS_MIN and not _SPECIAL & {*term})


def written(seed: int, number: int) -> Iterator[tuple[bytes, bytes]]:
    """So many posts (author, event), written evenly over `SPAN_S` until now, by busy authors and others."""
    random = Random(seed)
    busy_authors = max(1, int(number * BUSY_SHARE * WINDOW_S / SPAN_S / BUSY_POSTS_MEAN))
    busy = posts(seed + 1, number, accounts=busy_authors, run="busy")
    others = posts(seed, number, run="other")
    begin = datetime.now(UTC) - timedelta(seconds=SPAN_S)
    for count in range(number):
        post = next(busy if random.random() < BUSY_SHARE else others)
        at = (begin + timedelta(seconds=SPAN_S * count // number)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        place = post.value.index(_TIME_KEY) + len(_TIME_KEY)
        yield post.key, post.value[:place] + at + post.value[place + _TIME_BYTES :]
