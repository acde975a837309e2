"""Plays stories through a whole deployment: events go in over Kafka, and the ledger is read back from it.

It expects time mode `events`: each record is stamped with its event's own time, and the clock runs as far as
it is asked to. After each step it waits until nothing lies before any stage, so a story's steps come in its
own order though they go to different topics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self
from zlib import crc32

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.structs import TopicPartition

from events.capabilities import ASKED
from events.codec import decode_entry
from events.control import activation_requested, advance_requested
from events.ids import account_entity
from events.policy import Policy
from services.commands.pipeline import Quiet, wait_clock
from services.projecting.builds import PAST, TABLES
from services.projecting.purge import purge
from services.runtime.kafka import Kafka, admin, plain_producer
from services.runtime.restore import pages
from services.runtime.settings import Settings
from tests.support import story as tell
from tests.support.api_desk import ApiDesk, Asked
from tests.support.play import check, check_shown, locate, of_account, version
from tests.support.signals import day
from tests.support.story import Story
from tests.support.view import View

DECIDING = ("screening", "enforcement", "clock")
QUIET_S_MAX = 60.0
POLL_S = 0.1
MS = 1000
BY = "acceptance"

Event = tuple[str, str, dict[str, Any]]
"""Topic of the catalogue, key, and the event as JSON."""


class Deployment:
    """A running deployment, as whoever sends events sees it. Use as `async with`."""

    def __init__(self, settings: Settings, policies: Mapping[str, Policy]) -> None:
        self.settings = settings
        self.policies = policies
        self.in_force = ""
        self.at = day(0)
        self._kafka = Kafka(settings.bootstrap_servers)
        self._producer: AIOKafkaProducer = plain_producer(settings.bootstrap_servers)
        self._admin = admin(settings.bootstrap_servers)
        self._next: dict[TopicPartition, int] = {}
        self._entries: dict[int, int] = {}
        self._asked = 0
        self._quiet = Quiet(self._kafka, self._admin, settings.topic_prefix, DECIDING)

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._producer.start()
        await self._admin.start()
        await self._quiet.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connections."""
        await self._producer.stop()
        await self._quiet.__aexit__()
        await self._admin.close()
        await self._kafka.close()

    async def activate(self, name: str) -> None:
        """Put a policy into force."""
        if name == self.in_force:
            return
        policy = self.policies[name]
        await self._send("policies", policy.version, policy.canonical, self.at)
        event = activation_requested(policy.version, BY, self._moment())
        sent = await self._send("control", None, event.model_dump_json().encode(), self.at)
        await self._clock(lambda offset, _: offset > sent)
        self.in_force = name
        await self.quiet()

    async def advance(self, to: datetime) -> None:
        """Let time run up to a moment."""
        if to > self.at or not self._asked:
            self.at = to
            event = advance_requested(to, BY, self._moment())
            await self._send("control", None, event.model_dump_json().encode(), to)
            await self._clock(lambda _, state: state.at is not None and state.at >= to)
        await self.quiet()

    async def send(self, *events: Event) -> None:
        """Send events, each at its own time."""
        for topic, key, event in events:
            at = datetime.fromisoformat(event["time"])
            await self._send(topic, key, msgspec.json.encode(event), at)

    async def quiet(self) -> None:
        """Wait until nothing lies before any stage. Raises `TimeoutError`."""
        if not await self._quiet.wait(QUIET_S_MAX):
            raise TimeoutError(f"the stages haven't come to rest within {QUIET_S_MAX} s")

    async def new_entries(self) -> list[bytes]:
        """The ledger's entries since the last call, each partition's in order."""
        found: list[bytes] = []
        reader = self._kafka.reader()
        await reader.start()
        try:
            ats = [
                TopicPartition(self.settings.topic("ledger"), number)
                for number in range(self.settings.partitions)
            ]
            ends = await reader.end_offsets(ats)
            for at in ats:
                begin = self._next.get(at, 0)
                async for page in pages(reader, at, begin, ends[at]):
                    taken = [record for record in page if record.offset < ends[at]]
                    found += [record.value or b"" for record in taken]
                    # The end itself may be past the marker of a transaction, which nobody is handed.
                    if taken:
                        self._entries[at.partition] = taken[-1].offset + 1
                self._next[at] = ends[at]
        finally:
            await reader.stop()
        return found

    async def projected(self, account: str, entries: int) -> tuple[dict[str, int], list[bytes]]:
        """An account's rows, counted by table, and its audited entries, once there are so many of them."""
        connection = await asyncpg.connect(self.settings.postgres_dsn)
        audit = "SELECT data FROM audit_entries WHERE entity = $1 ORDER BY sequence"
        try:
            async with asyncio.timeout(QUIET_S_MAX):
                found = await connection.fetch(audit, account_entity(account))
                while len(found) < entries:
                    await asyncio.sleep(POLL_S)
                    found = await connection.fetch(audit, account_entity(account))
            rows = {
                table: await connection.fetchval(f"SELECT count(*) FROM {table} WHERE account = $1", account)
                for table in (*TABLES[1:], *PAST)
            }
        finally:
            await connection.close()
        return rows, [row["data"] for row in found]

    async def shown(self) -> None:
        """Wait until the projection has everything that was read from the ledger so far."""
        connection = await asyncpg.connect(self.settings.postgres_dsn)
        places = (
            "SELECT partition, next FROM stream_offsets WHERE topic = $1 AND reader = "
            "(SELECT schema_name FROM projections WHERE state = 'live')"
        )
        try:
            async with asyncio.timeout(QUIET_S_MAX):
                while True:
                    rows = await connection.fetch(places, "ledger")
                    reached = {row["partition"]: row["next"] for row in rows}
                    if all(reached.get(number, 0) >= end for number, end in self._entries.items()):
                        return
                    await asyncio.sleep(POLL_S)
        finally:
            await connection.close()

    async def purge(self, account: str) -> None:
        """Purge an account's rows."""
        connection = await asyncpg.connect(self.settings.postgres_dsn)
        try:
            await purge(connection, account)
        finally:
            await connection.close()

    def _moment(self) -> datetime:
        """A moment for each request, since its id is derived from it."""
        self._asked += 1
        return self.at + timedelta(milliseconds=self._asked)

    async def _send(self, topic: str, key: str | None, value: bytes, at: datetime) -> int:
        record = await self._producer.send_and_wait(
            self.settings.topic(topic),
            value,
            key=None if key is None else key.encode(),
            timestamp_ms=int(at.timestamp() * MS),
        )
        offset: int = record.offset
        return offset

    async def _clock(self, reached: Any) -> None:
        found = await wait_clock(self._kafka, self.settings.topic_prefix, reached, QUIET_S_MAX)
        assert found is not None, f"the clock didn't answer within {QUIET_S_MAX} s"


class KafkaPlayer:
    """Plays one story. `suffix` keeps its accounts apart from other stories'; `first_day` is its day 0.

    What people decide goes through the API of `desk`, if there is one, wherever the API would send it on.
    """

    def __init__(
        self, deployment: Deployment, story: Story, suffix: str, first_day: float, desk: ApiDesk | None = None
    ) -> None:
        self.deployment = deployment
        self._desk = desk
        self.view = View()
        self._story = story
        self._suffix = suffix
        self._first_day = first_day
        self._at = day(first_day)
        self._moments = 0
        self._posting = False
        self._ledger: list[bytes] = []
        self._sent: list[tuple[Event, ...] | Asked] = []

    async def play(self) -> None:
        """Play the whole story. Raises `AssertionError`, naming the step at which it goes another way."""
        await self.deployment.advance(self._at)
        await self.deployment.activate(self._story.policy)
        before = 0
        for number, step in enumerate(self._story.steps, start=1):
            where = f"scenario {self._story.number}, {self._story.name}, step {number}, {step}"
            try:
                if isinstance(step, tell.Expect):
                    check(self.view, step, before, self._first_day)
                elif isinstance(step, tell.Claim):
                    assert step.holds(self.view), step.words
                else:
                    before = len(self.view.entries)
                    await self._play(step, f"{number}{self._suffix}")
                    self._posting = isinstance(step, tell.Post)
                    await self._settle(self._story.steps[number : number + 1])
            except (AssertionError, KeyError) as error:
                raise AssertionError(f"{where}: {error}") from error

    async def _settle(self, following: tuple[tell.Step, ...]) -> None:
        """Wait for what was sent, and take up the story's own entries by the names that it uses.

        Posts that follow each other have one topic, and so one order: nothing need be waited for.
        """
        if following and isinstance(following[0], tell.Post) and self._posting:
            return
        await self.deployment.quiet()
        suffix = self._suffix.encode()
        for data in await self.deployment.new_entries():
            if suffix in data:
                self._ledger.append(data)
                self.view.take(decode_entry(data.replace(suffix, b"")))

    async def _play(self, step: tell.Step, name: str) -> None:
        if isinstance(step, tell.Clock):
            self._at, self._moments = day(self._first_day + step.day), 0
            await self.deployment.advance(self._at)
        elif isinstance(step, tell.Again):
            for sent in list(self._sent) if step.everything else self._sent[-1:]:
                await self._send(sent)
        elif isinstance(step, tell.Policy):
            await self.deployment.activate(step.name)
        elif isinstance(step, tell.Purge):
            await self.deployment.purge(self._own(step.account))
        elif isinstance(step, tell.Shown):
            own = self._own(step.account)
            entries = of_account(self._ledger, own)
            check_shown(step, *await self.deployment.projected(own, len(entries)), entries)
        elif isinstance(step, tell.Decide) and self._desk is not None and self._desk.takes(step):
            kind, target = locate(self.view, step.target)
            target = target or self._own(step.account)
            key = f"story-{self._story.number}-{name}"
            await self.deployment.shown()
            self._sent.append(self._desk.asked(step, kind, target, self._decided(step), key))
            await self._send(self._sent[-1])
        else:
            self._sent.append((self._event(step, name),))
            await self._send(self._sent[-1])

    async def _send(self, sent: tuple[Event, ...] | Asked) -> None:
        if isinstance(sent, Asked):
            assert self._desk is not None
            await self._desk.decide(sent)
        else:
            await self.deployment.send(*sent)

    def _own(self, name: str) -> str:
        return name + self._suffix

    def _event(self, step: Any, name: str) -> Event:
        if isinstance(step, tell.Decide):
            return self._decision(step, name)
        if isinstance(step, tell.Register):
            data: dict[str, Any] = {"kind": step.kind, "profile": self._profile(step)}
            return self._made("accounts", "account.registered", step.account, name, data)
        if isinstance(step, tell.Post):
            said = ". ".join(specimen.text for specimen in step.specimens) or step.says
            text = said or "how do i build a funnel"
            link = f" https://{step.link}/" if step.link else ""
            body = f"{text} ({step.post}){link}"
            data = {"post": self._own(step.post), "revision": step.revision, "body": body}
            if step.to:
                data["reply_to"] = {"post": "earlier", "account": self._own(step.to)}
            if step.thread:
                data["thread"] = step.thread
            verb = "post.created" if step.revision == 1 else "post.edited"
            return self._made("posts", verb, step.account, name, data)
        if isinstance(step, tell.Block):
            data = {"account": self._own(step.other)}
            return self._made("accounts", "account.blocked", step.account, name, data)
        if isinstance(step, tell.Delete):
            data = {"post": self._own(step.post), "revision": step.revision}
            return self._made("posts", "post.deleted", step.account, name, data)
        if isinstance(step, tell.Told):
            data = {"about": locate(self.view, step.about)[1]}
            return self._made("accounts", "notice.delivered", step.account, name, data)
        if isinstance(step, tell.Appeal):
            about = locate(self.view, step.about)[1]
            data = {"appeal": self._own(step.name), "about": about, "by": step.by, "text": step.text}
            return self._made("accounts", "appeal.filed", step.account, name, data)
        assert isinstance(step, tell.Report), f"a player can't play {step}"
        data = {
            "report": self._own(step.report),
            "reporter": {"account": self._own(step.reporter)},
            "about": {"account": self._own(step.account), "post": self._own(step.post), "revision": 1},
            "reason": "keep-it-clean",
        }
        return self._made("reports", "report.filed", step.reporter, name, data)

    def _profile(self, step: tell.Register) -> dict[str, str]:
        """A mailbox and a number of this playing's own."""
        profile = {}
        if step.email:
            profile["business_address"] = f"{self._own(step.email)}@works.example"
        if step.phone:
            profile["phone"] = f"+1415{crc32(self._own(step.phone).encode()) % 10**7:07d}"
        return profile

    def _decision(self, step: tell.Decide, name: str) -> Event:
        data = {key: value for key, value in self._decided(step).items() if value is not None}
        return self._made("decisions", f"decision.{step.decision}", step.account, name, data)

    def _decided(self, step: tell.Decide) -> dict[str, Any]:
        """The fields of a decision's contract; None: not said."""
        kind, target = locate(self.view, step.target)
        found = step.specimen
        fields: dict[str, Any] = {
            "version": version(self.view, step),
            "reason": "so decided in a story",
            "actor": self._actor(step),
            "target": {"kind": kind, "id": target} if target else None,
            "guideline": found.guideline if found else None,
            "case": found.case if found else None,
            "severity": step.severity or (found.severity if found else None),
            "sanction_kind": step.sanction_kind,
            "until": None if step.until_day is None else day(self._first_day + step.until_day).isoformat(),
            "post": self._own(step.post) if step.post else None,
            "revision": 1 if step.post else None,
            "other": self._own(step.other) if step.other else None,
            "outcome": step.outcome,
            "strikes": [locate(self.view, strike)[1] for strike in step.strikes] or None,
        }
        if step.decision == "decide_appeal":
            fields |= {"appeal": target, "target": None}
        if step.decision == "propose_referral":
            fields |= {"emergency": step.outcome == "emergency", "outcome": None}
        return fields

    def _actor(self, step: tell.Decide) -> dict[str, Any]:
        """Who decides, as a server would say."""
        actor = {"id": step.by, "capabilities": sorted(ASKED if step.may is None else step.may)}
        return {**actor, "account": self._own(step.own)} if step.own else actor

    def _made(self, topic: str, what: str, subject: str, name: str, data: dict[str, Any]) -> Event:
        self._moments += 1
        own = self._own(subject)
        event = {
            "specversion": "1.0",
            "id": f"story-{self._story.number}-{name}",
            "source": "/stories",
            "type": f"goodstanding.{what}.v1",
            "subject": own,
            "time": (self._at + timedelta(milliseconds=self._moments)).isoformat(),
            "data": data,
        }
        return topic, f"account:{own}" if topic == "decisions" else own, event
