"""Commands against a real Kafka and PostgreSQL, without workers: what they write, and what they read back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka.structs import ConsumerRecord, TopicPartition

from events import ledger
from events.catalogue import INPUT_BYTES_MAX, TOPICS
from events.control import parse_control_event
from events.dead_letters import DeadReason, original_headers, to_headers
from events.ids import digest
from services.commands.dead_letters import REPLAYED
from services.commands.targets import Target, seen_revision
from services.exit_codes import ExitCode
from services.runtime.embedded import EmbeddedKafka
from services.runtime.kafka import Kafka, plain_producer
from services.runtime.outputs import murmur2
from services.runtime.restore import pages
from tests.contract.test_api import history
from tests.support.entries import Ledger, report_folded
from tests.support.operator import Operator, allowed
from tests.support.policies import community
from tests.support.projecting import apply, migrated
from tests.support.signals import finding, post_signal, posted
from tests.support.world import World

pytestmark = pytest.mark.kafka

COMMUNITY = Path(__file__).parents[2] / "policies" / "community.yaml"
PARTITIONS = 2
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Shell(Operator):
    """An operator who knows the deployment's topics."""

    def __init__(self, bootstrap: str, prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(capsys)
        self.bootstrap = bootstrap
        self.prefix = prefix

    def records(self, topic: str) -> list[ConsumerRecord]:
        """Every record of a topic."""

        async def read() -> list[ConsumerRecord]:
            kafka = Kafka(self.bootstrap)
            reader = kafka.reader()
            await reader.start()
            count = (await kafka.partition_counts())[self.prefix + topic]
            found: list[ConsumerRecord] = []
            for number in range(count):
                at = TopicPartition(self.prefix + topic, number)
                end = (await reader.end_offsets([at]))[at]
                found += [record async for page in pages(reader, at, 0, end) for record in page]
            await reader.stop()
            await kafka.close()
            return found

        return asyncio.run(read())

    def produce(self, work: Callable[[Any], Awaitable[Any]]) -> None:
        """Write records by hand."""

        async def send() -> None:
            producer = plain_producer(self.bootstrap)
            await producer.start()
            try:
                await work(producer)
            finally:
                await producer.stop()

        asyncio.run(send())


@pytest.fixture
def shell(
    kafka: EmbeddedKafka,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Shell]:
    """A deployment in simulated time, and an operator who may do everything."""
    made = Shell(kafka.bootstrap, prefix, capsys)
    with allowed(monkeypatch, tmp_path, bootstrap=made.bootstrap, prefix=made.prefix, partitions=PARTITIONS):
        made.run("topics", "create")
        yield made


def post(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    """An event of a file."""
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/platform",
        "type": "goodstanding.post.created.v1",
        "subject": f"u-{number}",
        "time": at.isoformat(),
        "data": {"post": f"p-{number}", "revision": 1, "body": "hello"},
        **more,
    }


def test_topics_are_made_once_and_compared_with_the_catalogue(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run makes nothing; a deployment with other settings is told what differs."""
    assert shell.json("topics", "create") == {"created": []}
    assert shell.json("topics", "check") == []
    monkeypatch.setenv("GOODSTANDING_PARTITIONS", str(PARTITIONS + 1))
    differences = shell.json("topics", "check", code=ExitCode.VERIFICATION_FAILED)
    keyed = [topic for topic in TOPICS.values() if topic.partitions is None]
    assert len(differences) == len(keyed)


def test_events_go_to_the_topic_partition_and_time_that_they_say(shell: Shell, tmp_path: Path) -> None:
    """Keys hash as everywhere; in simulated time the record's time is the event's."""
    file = tmp_path / "events.jsonl"
    events = [post(number, NOON + timedelta(minutes=number)) for number in range(20)]
    file.write_text("\n".join(json.dumps(event) for event in events))
    answer = shell.json("events", "send", str(file))
    assert (answer["sent"], answer["topics"]) == (20, {"posts": 20})
    records = sorted(shell.records("posts"), key=lambda record: record.timestamp)
    assert [json.loads(record.value) for record in records] == events
    for record, event in zip(records, events, strict=True):
        assert record.key == str(event["subject"]).encode()
        assert record.partition == murmur2(record.key) % PARTITIONS
        assert record.timestamp == int(datetime.fromisoformat(str(event["time"])).timestamp() * 1000)


def test_a_record_over_the_limit_is_refused_by_name_before_it_is_sent(shell: Shell, tmp_path: Path) -> None:
    """The broker would refuse it too, in other words."""
    file = tmp_path / "events.jsonl"
    big = post(1, NOON)
    big["data"]["title"] = "x" * INPUT_BYTES_MAX
    file.write_text(json.dumps(post(0, NOON)) + "\n" + json.dumps(big))
    shell.run("events", "send", str(file), code=ExitCode.BAD_INPUT)
    assert "INPUT_BYTES_MAX" in shell.err
    assert shell.records("posts") == []
    assert shell.json("events", "send", str(file), "--skip-bad")["sent"] == 1


def test_activating_a_policy_writes_its_text_and_then_the_request(shell: Shell) -> None:
    """A second time nothing is written; what is in force can be shown, and found by its first digits."""
    shell.run("policy", "show", code=ExitCode.NOT_FOUND)
    answer = shell.json("policy", "activate", "--yes")
    [text] = shell.records("policies")
    [asked] = shell.records("control")
    assert text.key.decode() == digest(text.value) == answer["version"]
    event: Any = parse_control_event(asked.value)
    assert (event.data.version, event.data.requested_by) == (answer["version"], "ada")
    assert answer["sequence"] == asked.offset
    assert shell.json("policy", "activate", "--yes")["changed"] is False
    assert shell.json("policy", "show", answer["version"][:6])["in_force"] is True
    assert "keep-it-clean" in shell.run("policy", "show")


def test_what_if_decides_the_ledger_again_and_screens_the_posts_still_kept(
    shell: Shell, tmp_path: Path
) -> None:
    """Both from the log itself; what would differ is named, and nothing is written."""
    policy = community()
    text = yaml.safe_load(COMMUNITY.read_text())
    text["rules"] = {"keep-it-clean.terms": text["rules"]["keep-it-clean.terms"]}  # alone it compiles at once
    candidate, same = tmp_path / "candidate.yaml", tmp_path / "same.yaml"
    same.write_text(yaml.safe_dump(text))
    text["severities"]["s3"]["points"] = 3
    text["rules"]["keep-it-clean.terms"]["enabled"] = False
    candidate.write_text(yaml.safe_dump(text))
    world = World(policy)
    world.advance(NOON)
    body = posted("ann", "p-1", finding("no-hate", "slur", 3))
    world.send(post_signal("ann", body, NOON, policy_version=policy.version))

    async def fill(producer: Any) -> None:
        name = shell.prefix
        await producer.send_and_wait(f"{name}policies", policy.canonical, key=policy.version.encode())
        for data in world.ledger:
            await producer.send_and_wait(f"{name}ledger", data, key=b"account:ann", partition=0)
        event = post(1, NOON)
        event["data"]["body"] = "What the fuck is this shit?"
        await producer.send_and_wait(f"{name}posts", json.dumps(event).encode(), partition=1)

    shell.produce(fill)
    shell.json("policy", "activate", str(same), "--yes")
    before = [len(shell.records(topic)) for topic in ("ledger", "policies", "control", "signals")]
    told = shell.json("policy", "what-if", str(candidate))
    assert told["ledger"]["strikes"]["no-hate"]["changed"] == 1
    (example,) = told["ledger"]["examples"]
    assert example["entity"] == "account:ann"
    assert (told["posts"]["posts"], told["posts"]["differing"]) == (1, 1)
    assert told["posts"]["findings"]["keep-it-clean"]["gone"] == 1
    assert told["posts"]["since"].startswith("2026")
    told = shell.json("policy", "what-if", str(same))
    assert (told["ledger"]["differing"], told["posts"]["differing"]) == (0, 0)
    assert shell.json("policy", "what-if", str(same), "--no-posts")["posts"] is None
    assert "nothing would differ" in shell.run("policy", "what-if", str(same), "--no-posts")
    shell.run("policy", "what-if", str(same), "--guideline", "no-fun", code=ExitCode.NOT_FOUND)
    assert before == [len(shell.records(topic)) for topic in ("ledger", "policies", "control", "signals")]


def test_a_dead_letter_is_listed_shown_and_sent_again_as_it_was(shell: Shell) -> None:
    """The original bytes, key and headers, with a mark of who sent it again; never silently."""
    reason = DeadReason("too_old", "time", "a time within 30 days", "an older one", "set `imported`")
    added = to_headers(reason, "posts", 1, 7, int(NOON.timestamp() * 1000))

    async def refuse(producer: Any) -> None:
        name = f"{shell.prefix}dead_letters"
        await producer.send_and_wait(name, b"not json", key=b"ann", headers=[("trace", b"1"), *added])
        await producer.send_and_wait(name, b"other", key=b"bob")

    shell.produce(refuse)
    listed = shell.json("dead-letters", "ls")
    assert {one["reason"]["code"] if one["reason"] else None for one in listed} == {"too_old", None}
    assert len(shell.json("dead-letters", "ls", "--topic", "posts", "--code", "too_old")) == 1
    place = next(one["place"] for one in listed if one["reason"])
    shown = shell.json("dead-letters", "show", place)
    assert (shown["value"], shown["key"], shown["origin"]["offset"]) == ("not json", "ann", 7)
    shell.run("dead-letters", "replay", place, "--yes")
    [again] = shell.records("posts")
    assert (again.key, again.value) == (b"ann", b"not json")
    assert [header for header in original_headers(again.headers) if header[0] != REPLAYED] == [
        ("trace", b"1")
    ]
    assert dict(again.headers)[REPLAYED] == f"ada {place}".encode()
    other = next(one["place"] for one in listed if not one["reason"])
    shell.run("dead-letters", "replay", other, "--yes", code=ExitCode.BAD_INPUT)
    shell.run("dead-letters", "show", "9:9", code=ExitCode.NOT_FOUND)


def test_status_tells_what_waits_and_who_is_not_ready(shell: Shell, tmp_path: Path) -> None:
    """Without workers everything that was sent lies there; a worker that doesn't answer fails the command."""
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(post(0, NOON)))
    shell.run("events", "send", str(file))
    stages = {one["stage"]: one for one in shell.json("status")["stages"]}
    assert stages["screening"]["behind"] == 1
    assert stages["enforcement"]["behind"] == 0
    answer = shell.json("status", "--ready", "http://127.0.0.1:1", code=ExitCode.NOT_REACHABLE)
    assert answer["workers"][0]["ready"] is False


def test_an_empty_ledger_is_whole_and_can_be_taken_out(shell: Shell, tmp_path: Path) -> None:
    """Its heads name what the first entries must."""
    assert shell.json("replay", "--verify")["whole"] is True
    heads = shell.json("ledger", "heads")
    file = tmp_path / "ledger.jsonl"
    assert shell.json("ledger", "export", str(file))["heads"] == heads["heads"]
    (tmp_path / "heads.json").write_text(json.dumps(heads, separators=(",", ":")))
    answer = shell.json("replay", "--verify", "--file", str(file), "--heads", str(tmp_path / "heads.json"))
    assert (answer["whole"], answer["entries"]) == (True, 0)
    file.write_text("{}\n")
    shell.run("replay", "--verify", "--file", str(file), code=ExitCode.BAD_INPUT)


async def _filled(database: str) -> None:
    await migrated(database)
    await apply(database, history())


async def test_people_and_machines_are_told_the_same(
    shell: Shell, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question of the read side, as a table and as the API's JSON, from a projection."""
    await _filled(database)
    monkeypatch.setenv("GOODSTANDING_POSTGRES_DSN", database)
    asked = {
        ("standing", "ann"): "strike-1",
        ("standing", "ann", "--as-of", "2030-01-01T00:00:05Z"): "as recorded by",
        ("strikes", "ls", "--account", "ann"): "no-spam",
        ("sanctions", "ls"): "suspension",
        ("cases", "ls"): "reported as no-spam",
        ("cases", "show", "case-1"): "acc-reporter",
        ("audit", "ann"): "confirmed by mod-ann",
        ("explain", "strike-1"): "two links in a first post",
        ("explain", "sanction-1"): "post_screened",
        ("projections", "status"): "account:ann",
    }
    for arguments, said in asked.items():
        assert said in await asyncio.to_thread(shell.run, *arguments)
        answer = await asyncio.to_thread(shell.json, *arguments)
        assert isinstance(answer, list) or set(answer) >= {"data", "positions"}
    await asyncio.to_thread(shell.run, "standing", "zoe", code=ExitCode.NOT_FOUND)
    await asyncio.to_thread(shell.run, "explain", "strike", code=ExitCode.USAGE)
    await asyncio.to_thread(shell.run, "cases", "show", "nothing", code=ExitCode.NOT_FOUND)


async def test_a_decision_about_a_case_names_the_latest_revision_that_it_speaks_of(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report may name one in which no rule has found anything; of a strike, none is named."""
    made = Ledger()
    filed = ledger.ReportNoted("report-1", "ann", "forwarded", 1000, made.now, "post-9", 4)
    made.add("bob", filed)
    made.add(
        "ann",
        ledger.CaseOpened("case-1", "post:post-9", "report", False, "reported: no-spam", made.now),
        ledger.CaseOpened("case-2", "account:ann", "report", False, "reported: no-spam", made.now),
        report_folded("report-1", "case-1", made.now),
    )
    await migrated(database)
    await apply(database, made.entries)
    monkeypatch.setenv("GOODSTANDING_POSTGRES_DSN", database)
    seen = [
        Target("case", "case-1", "ann", 1),
        Target("case", "case-2", "ann", 1),
        Target("strike", "s", "ann", 1),
    ]
    assert [await asyncio.to_thread(seen_revision, target) for target in seen] == [4, None, None]
