"""Enforcement's changelog, lost or damaged on a real Kafka, and made anew from the ledger by the command."""

# ruff: noqa: ASYNC110 - a broker can only be polled

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.commands import changelog
from services.enforcement.state import decode_state, encode_state
from services.enforcement.worker import Enforcement
from services.exit_codes import ExitCode
from services.runtime import guard
from services.runtime.context import transactional_id
from services.runtime.embedded import EmbeddedKafka
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka, admin, plain_producer
from services.runtime.loop import Loop
from services.runtime.policies import PolicySource
from services.runtime.restore import pages
from services.runtime.stage import Output
from services.runtime.transaction import commit
from tests.model.histories import Play
from tests.support.ledgers import HISTORY
from tests.support.operator import Operator, allowed

pytestmark = pytest.mark.kafka

PARTITIONS = 2
HALF = 0.5
WAIT_S_MAX = 60.0
Records = dict[bytes, bytes | None]


class Deployment(Operator):
    """Enforcement alone, with histories to be decided: one account's for each partition."""

    def __init__(self, bootstrap: str, prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(capsys)
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.plays = [Play(account=f"ann-{p}", partition=p, prefix=prefix) for p in range(PARTITIONS)]
        self._sent = [0] * PARTITIONS
        for play in self.plays:
            play.run(HISTORY)

    def at(self, topic: str, partition: int) -> TopicPartition:
        """A partition of a topic of the catalogue."""
        return TopicPartition(self.prefix + topic, partition)

    def decide(self, share: float) -> None:
        """Have enforcement decide the first part of each history; what it decided before isn't sent again."""
        asyncio.run(self._decide(share))

    async def _decide(self, share: float) -> None:
        producer = plain_producer(self.bootstrap)
        await producer.start()
        try:
            for play in self.plays:
                for version, policy in play.world.policies.items():
                    await producer.send_and_wait(
                        self.prefix + "policies", policy.canonical, key=version.encode()
                    )
                until = int(share * len(play.world.records))
                for one in play.world.records[self._sent[play.partition] : until]:
                    await producer.send_and_wait(
                        self.prefix + "signals", one.value, key=one.key, partition=play.partition
                    )
                self._sent[play.partition] = until
        finally:
            await producer.stop()
        async with self.working():
            await self._until_decided()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[Loop]:
        """A worker of enforcement, drained at the end. Raises what ended it."""
        log = Kafka(self.bootstrap)
        async with PolicySource(Kafka(self.bootstrap), self.prefix) as source:
            loop = Loop(Enforcement(source, self.prefix), log, prefix=self.prefix, partitions=PARTITIONS)
            task = asyncio.create_task(loop.run())
            try:
                async with asyncio.timeout(WAIT_S_MAX):
                    while loop.reasons() and not task.done():
                        await asyncio.sleep(0.05)
                if not task.done():
                    yield loop
            finally:
                loop.drain()
                await task

    async def _until_decided(self) -> None:
        member = Kafka(self.bootstrap).member(self.prefix + "enforcement")
        await member.start()
        try:
            ats = [self.at("signals", p) for p in range(PARTITIONS)]
            async with asyncio.timeout(WAIT_S_MAX):
                while True:
                    ends = await member.end_offsets(ats)
                    said = await member.committed_many(ats)
                    if all(at in said and said[at].offset >= ends[at] for at in ats):
                        return
                    await asyncio.sleep(0.05)
        finally:
            await member.stop()

    def changelog(self) -> dict[int, Records]:
        """What is in the changelog: the last value of every key."""
        return {p: dict(self.records("enforcement-state", p)) for p in range(PARTITIONS)}

    def records(self, topic: str, partition: int) -> list[tuple[bytes, bytes | None]]:
        """Every committed record of a partition."""

        async def read() -> list[tuple[bytes, bytes | None]]:
            last = Kafka(self.bootstrap).producer(f"{self.prefix}enforcement-state.{partition}")
            await last.start()  # waits until what was committed can be read
            await last.discard()
            reader = Kafka(self.bootstrap).reader()
            await reader.start()
            try:
                at = self.at(topic, partition)
                begin, end = (await reader.beginning_offsets([at]))[at], (await reader.end_offsets([at]))[at]
                return [(r.key, r.value) async for page in pages(reader, at, begin, end) for r in page]
            finally:
                await reader.stop()

        return asyncio.run(read())

    def write(self, topic: str, partition: int, records: Records) -> None:
        """Write records by hand."""

        async def send() -> None:
            producer = plain_producer(self.bootstrap)
            await producer.start()
            try:
                for key, value in records.items():
                    await producer.send_and_wait(self.prefix + topic, value, key=key, partition=partition)
            finally:
                await producer.stop()

        asyncio.run(send())

    def lose(self, topic: str) -> None:
        """Delete a topic with all that is in it, and make it anew."""
        name = self.prefix + topic

        async def delete() -> None:
            client = admin(self.bootstrap)
            await client.start()
            try:
                await client.delete_topics([name])
                while name in await client.list_topics():
                    await asyncio.sleep(0.1)
            finally:
                await client.close()

        asyncio.run(delete())
        assert self.json("topics", "create") == {"created": [name]}

    def entries(self) -> dict[int, list[bytes]]:
        """The ledger as it is in Kafka."""
        return {p: [value or b"" for _, value in self.records("ledger", p)] for p in range(PARTITIONS)}


@pytest.fixture
def deployment(
    kafka: EmbeddedKafka,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Deployment]:
    """Histories that were decided, and an operator who may do everything."""
    made = Deployment(kafka.bootstrap, prefix, capsys)
    with allowed(monkeypatch, tmp_path, bootstrap=made.bootstrap, prefix=made.prefix, partitions=PARTITIONS):
        made.run("topics", "create")
        made.decide(HALF)
        yield made


def test_a_changelog_that_was_lost_comes_back_and_enforcement_goes_on(deployment: Deployment) -> None:
    """Byte for byte, guard included; afterwards the ledger is what it would have been without the loss."""
    before = deployment.changelog()
    assert all(len(records) == 2 for records in before.values())
    assert deployment.json("state", "rebuild", "--check")["equal"]
    deployment.lose("enforcement-state")
    with pytest.raises(Refused, match="`goodstanding state rebuild`"):
        deployment.decide(HALF)
    answer = deployment.json("state", "rebuild", "--check", code=ExitCode.VERIFICATION_FAILED)
    assert answer["partitions"][0]["first"] == {"key": "account:ann-0", "what": "missing"}
    assert "partition 0, `account:ann-0` is missing" in deployment.err
    assert deployment.changelog() == {0: {}, 1: {}}
    assert "wrote 4 records" in deployment.run("state", "rebuild", "--yes")
    assert deployment.changelog() == before
    assert "nothing to write" in deployment.run("state", "rebuild")
    deployment.decide(1)
    assert deployment.entries() == {play.partition: play.world.ledger for play in deployment.plays}
    assert deployment.json("state", "rebuild", "--check")["equal"]
    assert deployment.json("replay", "--verify")["whole"]


def test_a_changelog_that_was_damaged_comes_back_key_by_key(deployment: Deployment) -> None:
    """States of another schema, no states at all, keys of strangers, and a guard that can't be read."""
    before = deployment.changelog()
    state = decode_state(before[0][b"account:ann-0"] or b"")
    raised = encode_state(type(state)(entity=state.entity, schema=99, sequence=state.sequence))
    deployment.write("enforcement-state", 0, {b"account:ann-0": raised})
    with pytest.raises(Exception, match=r"schema 99, expected .*`goodstanding state rebuild --partition 0`"):
        deployment.decide(HALF)
    damage: list[Records] = [
        {b"account:ann-0": raised, b"account:zoe": b"\x00", b"partition:0": b"{"},
        {b"account:ann-1": None},
    ]
    for partition, records in enumerate(damage):
        deployment.write("enforcement-state", partition, records)
    deployment.run("state", "rebuild", "-p", "1", "--yes")
    answer = deployment.json("state", "rebuild", "--yes")
    said = [(one["missing"], one["changed"], one["foreign"]) for one in answer["partitions"]]
    assert said == [(0, 2, 1), (0, 0, 0)]
    assert deployment.changelog() == {0: before[0] | {b"account:zoe": None}, 1: before[1]}
    deployment.decide(1)
    assert deployment.entries() == {play.partition: play.world.ledger for play in deployment.plays}


def test_nothing_is_written_without_a_word_from_the_operator(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is nobody to ask, nothing is done; nor where the answer is no."""
    deployment.write("enforcement-state", 1, {b"account:zoe": b"\x00"})
    before = deployment.changelog()
    for said in ("", "n\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(said))
        deployment.run("state", "rebuild", code=ExitCode.INTERRUPTED)
        assert "Write 1 records to `enforcement-state`?" in deployment.err
    assert deployment.changelog() == before


def test_a_rebuild_that_was_interrupted_leaves_nothing_to_start_from_and_can_be_begun_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard goes first and comes last, whatever lies between."""
    before = deployment.changelog()[0]
    strangers: Records = {b"account:zoe-%d" % n: b"\x00" for n in range(5)}
    deployment.write("enforcement-state", 0, strangers | {b"account:ann-0": None})
    committing = changelog._commit
    done: list[Any] = []

    async def failing(producer: Any, at: Any, records: Any) -> None:
        if len(done) == 2:
            raise KafkaError("the third one")
        await committing(producer, at, records)
        done.append(records)

    monkeypatch.setattr(changelog, "TRANSACTION_RECORDS_MAX", 2)
    monkeypatch.setattr(changelog, "_commit", failing)
    deployment.run("state", "rebuild", "--yes", code=ExitCode.NOT_REACHABLE)
    assert deployment.changelog()[0][b"account:ann-0"] == before[b"account:ann-0"]
    with pytest.raises(Refused, match=r"the guard says absent.*`goodstanding state rebuild`"):
        deployment.decide(1)
    monkeypatch.setattr(changelog, "_commit", committing)
    deployment.run("state", "rebuild", "--yes")
    assert deployment.changelog()[0] == before | dict.fromkeys(strangers)
    deployment.decide(1)
    assert deployment.entries() == {play.partition: play.world.ledger for play in deployment.plays}


def test_while_a_worker_is_alive_nothing_is_compared_or_written(deployment: Deployment) -> None:
    """It is told who is alive."""
    before = deployment.changelog()

    async def both() -> None:
        async with deployment.working():
            for option in ("--check", "--yes"):
                await asyncio.to_thread(deployment.run, "state", "rebuild", option, code=ExitCode.REFUSED)
                assert f"`{deployment.prefix}enforcement` has 1 members" in deployment.err
                assert "stop every worker of enforcement" in deployment.err

    asyncio.run(both())
    assert deployment.changelog() == before


def test_a_worker_that_stalled_outside_of_its_group_is_fenced(deployment: Deployment) -> None:
    """It has left the group, and would go on where it was."""
    before = deployment.changelog()

    async def stalled() -> None:
        log = Kafka(deployment.bootstrap)
        producer = log.producer(f"{deployment.prefix}enforcement-state.0")
        await producer.start()
        try:
            await asyncio.to_thread(deployment.lose, "enforcement-state")
            await asyncio.to_thread(deployment.run, "state", "rebuild", "--yes")
            with pytest.raises(ProducerFenced):
                await commit(
                    producer,
                    f"{deployment.prefix}enforcement",
                    {deployment.at("ledger", 0): [Output("ledger", b"account:ann-0", b"stale")]},
                    {},
                )
        finally:
            await producer.discard()

    asyncio.run(stalled())
    assert deployment.changelog() == before
    assert deployment.json("replay", "--verify")["whole"]


def test_what_a_worker_decides_between_comparing_and_writing_is_not_undone(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that came and went while the operator thought it over."""
    held = guard.decode(deployment.changelog()[0][b"partition:0"] or b"", "the test")
    other = guard.encode(dict(held.offsets), {"signals": 1}, bytes(held.stage))
    deployment.write("enforcement-state", 0, {b"partition:0": other})
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: deployment.decide(1))
    deployment.run("state", "rebuild", code=ExitCode.REFUSED)
    assert "partition 0 has moved since it was read" in deployment.err
    assert deployment.json("replay", "--verify")["whole"]
    assert deployment.entries() == {play.partition: play.world.ledger for play in deployment.plays}
    deployment.run("state", "rebuild", "--yes")
    assert deployment.json("state", "rebuild", "--check")["equal"]


def test_a_guard_that_knows_more_entries_than_there_are_stops_the_command(deployment: Deployment) -> None:
    """The ledger was lost then, and no state can be made from what is left."""
    deployment.lose("ledger")
    before = deployment.changelog()
    deployment.run("state", "rebuild", "--yes", code=ExitCode.REFUSED)
    assert "entries were lost or changed there; restore the ledger" in deployment.err
    assert deployment.changelog() == before


def test_offsets_that_were_moved_by_hand_are_named_before_anything_is_written(deployment: Deployment) -> None:
    """The guard still agrees with the ledger, so it may be the offset that is wrong."""
    held = guard.decode(deployment.changelog()[0][b"partition:0"] or b"", "the test")
    moved = guard.encode({"signals": held.offsets["signals"] - 1}, {}, bytes(held.stage))
    deployment.write("enforcement-state", 0, {b"partition:0": moved})
    answer = deployment.json("state", "rebuild", "--check", code=ExitCode.VERIFICATION_FAILED)
    assert answer["partitions"][0]["first"] == {"key": "partition:0", "what": "changed"}
    assert "if its offset was moved by hand, move it back" in answer["partitions"][0]["doubt"]


def test_a_stage_that_lost_its_changelog_goes_on_at_its_offsets_once_that_was_asked_for(
    deployment: Deployment,
) -> None:
    """Not while it works; and where the changelog knows as much as the group, nothing is written."""
    at = deployment.at("posts", 0)

    async def commit_without_a_guard() -> None:
        id_ = transactional_id(deployment.prefix, "screening-state", 0)
        producer = await Kafka(deployment.bootstrap).take_over(id_, deployment.prefix)
        await commit(producer, deployment.prefix + "screening", {}, {at: OffsetAndMetadata(7, "")})
        await producer.discard()

    async def while_somebody_works() -> None:
        member = Kafka(deployment.bootstrap).member(deployment.prefix + "screening")
        member.subscribe([deployment.prefix + "posts"])
        await member.start()
        try:
            await asyncio.to_thread(
                deployment.run, "state", "adopt", "screening", "--yes", code=ExitCode.REFUSED
            )
        finally:
            await member.stop()

    def guards() -> list[dict[str, int]]:
        return [
            guard.decode(value or b"", "the test").offsets
            for partition in range(PARTITIONS)
            for _, value in deployment.records("screening-state", partition)
        ]

    asyncio.run(commit_without_a_guard())
    asyncio.run(while_somebody_works())
    assert "stop every worker of screening" in deployment.err
    assert guards() == []
    for _ in range(2):
        deployment.run("state", "adopt", "screening", "--yes")
        assert guards() == [{"posts": 7}]
