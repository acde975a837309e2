"""Rebuilding enforcement's changelog: reads what it follows from, compares, and writes what differs.

Nothing is done while a worker of enforcement is alive: the group must have no members, and each partition is
taken over with the engine's own transactional id, before it is read and before it is written. So a worker
that stalls somewhere can't commit any more, and what a dead one has left open is finished or aborted: until
then, the committed offset may be seen before the entries that belong to it.

Where one transaction doesn't hold all that differs, the first one takes the guard away and the last one
writes it: in between, the engine refuses to start, and rebuilding can be begun again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal

import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.structs import TopicPartition

from services import present
from services.enforcement.partition import DECIDERS
from services.enforcement.partition import Guard as Part
from services.enforcement.worker import Enforcement
from services.replay.rebuild import Known, Rebuild, Rebuilt
from services.runtime import guard, outputs
from services.runtime.build import fence
from services.runtime.context import Context, group_of
from services.runtime.faults import FENCED, Refused
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.loop import check_topics
from services.runtime.policies import PolicySource
from services.runtime.port import Log, Producer, Reader
from services.runtime.restore import collector_off, pages
from services.runtime.stage import Output
from services.runtime.transaction import bounded, settle

LEDGER: Final = "ledger"
SIGNALS: Final = "signals"
CHANGELOG: Final = "enforcement-state"
TRANSACTION_BYTES_MAX: Final = 8_000_000
"""Keys and values of states in one transaction; a single one may be beyond it."""
TRANSACTION_RECORDS_MAX: Final = 20_000
"""States in one transaction; the guard goes with them."""

Records = Sequence[tuple[bytes, bytes | None]]
Progress = Callable[[str], None]
"""Told what is being done, after every page."""


class Difference(msgspec.Struct, frozen=True, gc=False):
    """A key of the changelog whose record isn't what follows from the ledger."""

    key: str
    what: Literal["missing", "changed", "foreign"]

    def __str__(self) -> str:
        """As the command line says it."""
        said = {
            "missing": "is missing",
            "changed": "has other bytes",
            "foreign": "follows from nothing in the ledger",
        }
        return f"`{self.key}` {said[self.what]}"


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What one partition's changelog should hold, and where it doesn't; `differences` in the order of keys.

    `guard` None: there should be none. `committed` and `ends` say for which moment this is so. `doubt` is
    what a person should know before it is written; empty: nothing.
    """

    partition: int
    entries: int
    entities: int
    records: int
    differences: tuple[Difference, ...]
    changes: dict[bytes, bytes | None]
    guard: bytes | None
    committed: int | None
    ends: dict[TopicPartition, int]
    doubt: str = ""


class Changelog:
    """Enforcement's changelog on one log, with what it follows from. Made by `opened`.

    `activations` and `answered` are what is known of `control`, as in `Known`.
    """

    def __init__(
        self,
        context: Context,
        prefix: str,
        activations: Sequence[tuple[int, str]] = (),
        answered: int | None = None,
    ) -> None:
        self._context = context
        self._prefix = prefix
        self._activations = activations
        self._answered = answered

    # --- comparing --------------------------------------------------------------------------------

    async def plan(self, partition: int, progress: Progress) -> Plan:
        """What one partition should hold, held against what it holds. Fences, and writes nothing.

        Raises:
            NotWhole: the ledger contradicts itself.
            Unknown: what was written down doesn't suffice.
            Refused: the ledger lacks entries that there were.
        """
        ledger, signals = self._at(LEDGER, partition), self._at(SIGNALS, partition)
        changelog = self._at(CHANGELOG, partition)
        await (await fence(self._context, partition)).discard()
        reader = self._context.log.reader()
        await reader.start()
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                committed = await self._committed(signals)
                begins = await reader.beginning_offsets([ledger, signals, changelog])
                ends = await reader.end_offsets([ledger, signals, changelog])
            known = Known(committed, begins[signals], ends[signals], self._activations, self._answered)
            rebuild = Rebuild(DECIDERS, partition, self._prefix, known)
            with collector_off():
                await _fold(reader, rebuild, ledger, begins, ends, progress)
                if committed is not None:
                    await _hear(reader, rebuild, signals, begins, ends, progress)
                made = rebuild.result()
                live = await _live(reader, changelog, begins, ends, progress)
        finally:
            await reader.stop()
        return compare(partition, made, live, committed, {at: ends[at] for at in (ledger, changelog)})

    # --- writing ----------------------------------------------------------------------------------

    async def write(self, plan: Plan, progress: Progress) -> None:
        """Write what differs, in a transaction if one holds it; whoever worked on the partition is fenced.

        Raises `Refused` when something has changed since it was planned, or a worker takes over.
        """
        at = self._at(CHANGELOG, plan.partition)
        try:
            producer = await fence(self._context, plan.partition)
            try:
                await self._check_unmoved(plan)
                written = 0
                for records in transactions(plan.changes, guard.key(plan.partition), plan.guard):
                    await _commit(producer, at, records)
                    written += len(records)
                    progress(f"partition {plan.partition}: {written:,} records written")
            finally:
                await producer.discard()
        except FENCED as error:
            raise Refused(
                f"a worker has taken partition {plan.partition} of `{at.topic}` over meanwhile; expected "
                "none while it is rebuilt; stop every worker of enforcement, then run this again"
            ) from error

    async def _check_unmoved(self, plan: Plan) -> None:
        """Now that nobody else can commit: is it still the moment that was planned for?"""
        reader = self._context.log.reader()
        await reader.start()
        try:
            moved = await self._committed(self._at(SIGNALS, plan.partition)) != plan.committed
            ends = await reader.end_offsets([*plan.ends])
            for at, end in plan.ends.items():
                async for page in pages(reader, at, end, ends[at]):  # markers alone move nothing
                    moved = moved or bool(page)
        finally:
            await reader.stop()
        if moved:
            raise Refused(
                f"partition {plan.partition} has moved since it was read: a worker of enforcement was still "
                "at work; nothing was written; see that none is left, then run this again"
            )

    async def _committed(self, at: TopicPartition) -> int | None:
        found = (await self._context.member.committed_many([at])).get(at)
        return None if found is None else found.offset

    def _at(self, topic: str, partition: int) -> TopicPartition:
        return self._context.at(topic, partition)


@asynccontextmanager
async def opened(log: Log, prefix: str, partitions: int, answered: int | None) -> AsyncIterator[Changelog]:
    """The changelog of a deployment. `answered` is the offset in `control` up to which the clock has come.

    Raises `Refused` where topics are missing, or have other numbers of partitions.
    """
    async with PolicySource(log, prefix) as source:
        stage = Enforcement(source, prefix)
        counts = await log.partition_counts()
        check_topics(stage, prefix, counts, partitions)
        member = log.member(group_of(prefix, stage), None)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await member.start()
            context = Context(stage, log, member, prefix, counts, lambda: None)
            yield Changelog(context, prefix, source.activations(), answered)
        finally:
            await member.stop()


async def check_no_members(admin: AIOKafkaAdminClient, prefix: str, stage: str = Enforcement.name) -> None:
    """Raise `Refused` while workers of a stage are in their group."""
    group = prefix + stage
    members = await _members(admin, group)
    if members:
        raise Refused(
            f"the group `{group}` has {len(members)} members ({', '.join(sorted(members))}), expected none: "
            f"its state is theirs while they run; stop every worker of {stage}, wait until its session has "
            "ended (seconds), then run this again"
        )


async def _members(admin: AIOKafkaAdminClient, group: str) -> set[str]:
    """Clients of a group, with their hosts. A broker that was just made answers after a while."""
    deadline = time.monotonic() + present.COORDINATOR_WAIT_S
    while True:
        try:
            found: set[str] = set()
            for answer in await admin.describe_consumer_groups([group]):
                for code, _, _, _, _, members, *_ in answer.groups:
                    if code:
                        raise for_code(code)(group)
                    found |= {f"{client} at {host.lstrip('/')}" for _, client, host, *_ in members}
        except present.COORDINATOR_LATE:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(present.POLL_S)
        else:
            return found


# --- reading --------------------------------------------------------------------------------------


async def _fold(
    reader: Reader,
    rebuild: Rebuild,
    at: TopicPartition,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    progress: Progress,
) -> None:
    count = 0
    async for page in pages(reader, at, begins[at], ends[at]):
        for record in page:
            if record.offset < ends[at]:
                rebuild.take(record.offset, record.value or b"")
                count += 1
        progress(f"partition {at.partition}: {count:,} entries folded")


async def _hear(
    reader: Reader,
    rebuild: Rebuild,
    at: TopicPartition,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    progress: Progress,
) -> None:
    count = 0
    async for page in pages(reader, at, begins[at], ends[at]):
        for record in page:
            if not rebuild.hear(record):
                return
        count += len(page)
        progress(f"partition {at.partition}: {count:,} signals followed")


async def _live(
    reader: Reader,
    at: TopicPartition,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    progress: Progress,
) -> dict[bytes, bytes]:
    """The last record of every key that isn't erased."""
    found: dict[bytes, bytes] = {}
    async for page in pages(reader, at, begins[at], ends[at]):
        for record in page:
            if record.key is None or record.offset >= ends[at]:
                continue
            if record.value is None:
                found.pop(record.key, None)
            else:
                found[record.key] = record.value
        progress(f"partition {at.partition}: {len(found):,} keys of the changelog compared")
    return found


# --- comparing ------------------------------------------------------------------------------------


def compare(
    partition: int,
    made: Rebuilt,
    live: Mapping[bytes, bytes],
    committed: int | None,
    ends: dict[TopicPartition, int],
) -> Plan:
    """What should be in the changelog, held against what is. Raises `Refused` where entries were lost."""
    guard_key = guard.key(partition)
    there = live.get(guard_key)
    doubt = _doubt(partition, made, there, committed)
    forms = [
        _encoded(one, committed, len(made.states)) for one in (made.guard, made.begun) if one is not None
    ]
    wanted = {entity.encode(): data for entity, data in made.states.items()}
    if forms:
        wanted[guard_key] = there if there in forms and there is not None else forms[0]
    changes: dict[bytes, bytes | None] = {}
    differences = []
    for key in sorted(wanted.keys() | live.keys()):
        want, have = wanted.get(key), live.get(key)
        if want != have:
            changes[key] = want
            what: Literal["missing", "changed", "foreign"] = "changed"
            if have is None or want is None:
                what = "missing" if have is None else "foreign"
            differences.append(Difference(key.decode(errors="replace"), what))
    return Plan(
        partition=partition,
        entries=made.head.count,
        entities=len(made.states),
        records=len(live),
        differences=tuple(differences),
        changes=changes,
        guard=wanted.get(guard_key),
        committed=committed,
        ends=ends,
        doubt=doubt,
    )


def _encoded(part: Part, committed: int | None, held: int) -> bytes:
    assert committed is not None
    return guard.encode({SIGNALS: committed}, {}, msgspec.json.encode(part), held)


def _doubt(partition: int, made: Rebuilt, there: bytes | None, committed: int | None) -> str:
    """What the guard that is there says otherwise; one that can't be read says nothing.

    Raises `Refused` where it knows of entries that the ledger hasn't: they were lost, and state with them.
    """
    try:
        held = msgspec.json.decode(there or b"", type=guard.Guard)
        part = msgspec.json.decode(held.stage, type=Part)
    except msgspec.MsgspecError:
        return ""
    head = made.head
    if part.entries > head.count or (part.entries == head.count and part.head != head.hash):
        raise Refused(
            f"the guard of `{CHANGELOG}`, partition {partition}, knows {part.entries} entries, and the "
            f"ledger has {head.count} with another end: entries were lost or changed there; restore the "
            "ledger from a backup; where it is the guard that is wrong, delete the topic, make it with "
            "`goodstanding topics create`, then run this again"
        )
    offset = held.offsets.get(SIGNALS)
    if part.entries == head.count and offset != committed:
        return (
            f"partition {partition}: the guard agrees with the ledger and says offset {offset}, the group "
            f"has committed {committed}: if its offset was moved by hand, move it back instead; what lies "
            "between is never decided, or is looked at twice"
        )
    return ""


# --- writing --------------------------------------------------------------------------------------


def transactions(
    changes: Mapping[bytes, bytes | None], guard_key: bytes, guard_value: bytes | None
) -> Iterator[Records]:
    """What is written, a transaction at a time.

    Where it takes several, the first one erases the guard, and the last record of all is the new one.
    """
    states = [(key, value) for key, value in changes.items() if key != guard_key]
    parts = [*_parts(states)]
    if len(parts) <= 1:
        yield [*changes.items()]
        return
    parts[0].insert(0, (guard_key, None))
    parts[-1].append((guard_key, guard_value))
    yield from parts


def _parts(records: Records) -> Iterator[list[tuple[bytes, bytes | None]]]:
    part: list[tuple[bytes, bytes | None]] = []
    size = 0
    for key, value in records:
        length = len(key) + len(value or b"")
        if part and (len(part) >= TRANSACTION_RECORDS_MAX or size + length > TRANSACTION_BYTES_MAX):
            yield part
            part, size = [], 0
        part.append((key, value))
        size += length
    if part:
        yield part


async def _commit(producer: Producer, at: TopicPartition, records: Records) -> None:
    """One transaction, all of it or nothing."""
    outs = [Output(CHANGELOG, key, value) for key, value in records]
    async with bounded():
        await producer.begin_transaction()
        await settle(await outputs.send(producer, {at: outs}))
        await producer.commit_transaction()
