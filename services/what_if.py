"""What another policy would have led to, in portions: the API and the console ask for one after the other.

A portion is bounded in entries or posts, and says where the next one begins, so that nobody waits for long
and progress shows. The command line has the whole at once (`goodstanding policy what-if`). Nothing is
written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import msgspec
from aiokafka.structs import TopicPartition

from events.capabilities import NEEDED_IN
from events.codec import decode_entry
from events.policy import Policy
from events.policy_text import read_policy
from services.runtime import reading
from services.runtime.kafka import Kafka
from services.runtime.reading import Database
from services.runtime.restore import pages
from services.runtime.settings import Settings

if TYPE_CHECKING:  # brings enforcement and the pattern matcher, which take long to load
    from services.replay.what_if import Answer
    from services.replay.what_if_posts import PostsAnswer
    from services.screening.rulebook import Rulebook
else:
    Rulebook: TypeAlias = Any

ENTRIES_MAX: Final = 5_000
"""Ledger entries of one portion, but for the last entity's, which are all in it."""
POSTS_MAX: Final = 5_000
"""Posts of one portion. Windows begin anew with each, so a flood across two is seen in part."""
PAGE_ENTRIES: Final = 1_000
ENTITY_ENTRIES_MAX: Final = 50_000
"""An entity with a longer history than this is left out, and counted."""
RULEBOOKS_KEPT: Final = 3
SEQUENCE_MAX: Final = 2**63 - 1

Kept = tuple[int, int, int, bytes | None]
"""A record of `posts`: partition, offset, when the broker got it (ms), and its value."""


class KeptPosts(Protocol):
    """The posts that a deployment still keeps."""

    def read(self, partition: int, offset: int) -> AsyncIterator[Kept]:
        """Every record from a place on, partition by partition, each one's in order."""


class BadPlace(ValueError):
    """Where to go on isn't a place that an earlier portion named."""


class Portion(msgspec.Struct, frozen=True):
    """One portion: `next` is where the following one begins; None: this was the last.

    `left_out`: entities whose histories are too long to be decided again here.
    """

    ledger: Answer | None = None
    posts: PostsAnswer | None = None
    next: str | None = None
    left_out: int = 0


class Posts:
    """The topic `posts` of a deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def read(self, partition: int, offset: int) -> AsyncIterator[Kept]:
        """Every record from a place on, up to the ends as they are now."""
        kafka = Kafka(self._settings.bootstrap_servers)
        topic = self._settings.topic("posts")
        reader = kafka.reader()
        await reader.start()
        try:
            counts = await kafka.partition_counts()
            places = [TopicPartition(topic, number) for number in range(partition, counts.get(topic, 0))]
            begins = await reader.beginning_offsets(places)
            ends = await reader.end_offsets(places)
            for place in places:
                begin = max(begins[place], offset if place.partition == partition else 0)
                async for page in pages(reader, place, begin, ends[place]):
                    for record in page:
                        if record.offset < ends[place]:
                            yield place.partition, record.offset, record.timestamp, record.value
        finally:
            await reader.stop()
            await kafka.close()


def read_candidate(text: str) -> Policy:
    """The policy of a text. Raises `PolicyErrors`, with every fault."""
    from services.screening.guidelines import known_rules

    return read_policy(text, known_rules())


async def over_ledger(
    db: Database,
    candidate: Policy,
    policies: Mapping[str, Policy],
    *,
    guideline: str | None = None,
    after: str | None = None,
    examples: int = 20,
    entries_max: int = ENTRIES_MAX,
) -> Portion:
    """The next portion of the ledger, decided again under a candidate; `after` is the last entity done."""
    from services.replay.what_if import WhatIf

    what_if = WhatIf(candidate, policies, guideline=guideline, examples=examples)
    entity, sequence = after or "", SEQUENCE_MAX
    held: list[bytes] = []
    taken = left_out = 0
    more = True
    while more:
        rows = await db.fetch(reading.SQL["entries_after"], entity, sequence, PAGE_ENTRIES)
        more = len(rows) == PAGE_ENTRIES
        for row in rows:
            if held and row["entity"] != entity:
                left_out += await _settle(what_if, held)
                taken += len(held)
                if taken >= entries_max:
                    return Portion(ledger=what_if.answer, next=entity, left_out=left_out)
                held.clear()
            entity, sequence = row["entity"], row["sequence"]
            if len(held) <= ENTITY_ENTRIES_MAX:
                held.append(row["data"])
    left_out += await _settle(what_if, held)
    return Portion(ledger=what_if.answer, left_out=left_out)


async def _settle(what_if: Any, held: list[bytes]) -> int:
    """Decide one entity's history again; 1 where it is too long."""
    if len(held) > ENTITY_ENTRIES_MAX:
        return 1

    def work() -> None:
        for data in held:
            what_if.take(decode_entry(data))
        what_if.settle()

    # Others are answered meanwhile.
    await asyncio.to_thread(work)
    return 0


async def over_posts(
    kept: KeptPosts,
    candidate: Policy,
    in_force: Policy,
    *,
    guideline: str | None = None,
    after: str | None = None,
    examples: int = 20,
    posts_max: int = POSTS_MAX,
    without: Collection[str] = frozenset(NEEDED_IN),
) -> Portion:
    """The next portion of the posts still kept, screened by the rules in force and by the candidate's.

    `after` is where to go on, as `partition:offset`; `without` are kinds of cases whose posts are no
    examples: by default all that aren't for everybody. Raises `BadPlace`.
    """
    from services.replay.what_if_posts import PostsWhatIf
    from services.screening.digests import IdentityKey

    partition, offset = _place(after)
    books = await asyncio.to_thread(lambda: (rulebook(in_force), rulebook(candidate)))
    # Nobody keeps this key: the same texts give the same answers everywhere.
    key = IdentityKey("dry", b"digests of a dry run are no secret")
    what_if = PostsWhatIf(*books, key, guideline=guideline, examples=examples, without=without)
    batch: list[Kept] = []
    following: str | None = None
    async for record in kept.read(partition, offset):
        if len(batch) >= posts_max:
            following = f"{record[0]}:{record[1]}"
            break
        batch.append(record)

    def work() -> None:
        for number, _, at_ms, value in batch:
            what_if.take(number, value, at_ms)

    await asyncio.to_thread(work)
    return Portion(posts=what_if.answer, next=following)


def _place(after: str | None) -> tuple[int, int]:
    if not after:
        return 0, 0
    partition, _, offset = after.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise BadPlace(f"`{after[:40]}` is no place among the posts; pass `next` of the portion before")
    return int(partition), int(offset)


def rulebook(policy: Policy) -> Rulebook:
    """The rules of a policy, which take a while to compile; the last few are kept."""
    return _rulebook(policy.version, policy.canonical)


@lru_cache(maxsize=RULEBOOKS_KEPT)
def _rulebook(version: str, canonical: bytes) -> Rulebook:
    from events.policy import load_canonical
    from services.screening.guidelines import RULES
    from services.screening.rulebook import Rulebook as Made

    del version  # only the key
    return Made(load_canonical(canonical), RULES)
