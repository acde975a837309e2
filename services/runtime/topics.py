"""Topics as the catalogue says: making them, and telling where a broker disagrees.

A topic that exists is never changed here: `check` says what differs and what to do, and a person does it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from events.catalogue import SEGMENT_BYTES_COMPACT, SEGMENT_MS_COMPACT, TOPICS, Topic
from services.runtime.faults import Refused
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.settings import Settings

LEADERS_WAIT_S_MAX: Final = 30.0
LEADERS_POLL_S: Final = 0.1
MS: Final = 1000
FOR_EVER: Final = str(2**63 - 1)


class Mismatch(msgspec.Struct, frozen=True):
    """One difference: `what` of the topic `where` is `found`, but should be `expected`."""

    what: str
    where: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} of topic `{self.where}` is {self.found}, expected {self.expected}; {self.remedy}"


async def create(admin: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """Make every topic of the catalogue that isn't there, and wait for leaders; the new ones' real names.

    Raises `Refused` when the broker won't make one.
    """
    present = {topic["topic"] for topic in await admin.describe_topics()}
    missing = {
        settings.topic_prefix + topic.name: topic
        for topic in TOPICS.values()
        if settings.topic_prefix + topic.name not in present
    }
    new = [
        NewTopic(
            name,
            partitions(topic, settings),
            settings.replication_factor,
            topic_configs={
                **configs(topic, settings),
                "min.insync.replicas": str(settings.min_insync_replicas),
            },
        )
        for name, topic in missing.items()
    ]
    if new:
        answer = await admin.create_topics(new, timeout_ms=int(CALL_TIMEOUT_S * MS))
        _raise_for(answer)
        await _leaders(admin, set(missing))
    return sorted(missing)


async def check(admin: AIOKafkaAdminClient, settings: Settings) -> list[Mismatch]:
    """Where the broker's topics differ from the catalogue; empty when they don't."""
    described = {topic["topic"]: topic for topic in await admin.describe_topics()}
    found: list[Mismatch] = []
    present: dict[str, Topic] = {}
    for topic in TOPICS.values():
        name = settings.topic_prefix + topic.name
        if name not in described:
            found.append(
                Mismatch("existence", name, "missing", "a topic", "run `goodstanding topics create`")
            )
            continue
        present[name] = topic
        count, expected = len(described[name]["partitions"]), partitions(topic, settings)
        if count != expected:
            remedy = "set the configured number to the topic's, or make the topic anew: keys would move"
            found.append(Mismatch("number of partitions", name, str(count), str(expected), remedy))
    actual = await _configs(admin, [*present])
    for name, topic in present.items():
        for key, value in configs(topic, settings).items():
            if actual[name].get(key) != value:
                remedy = f"set it: `kafka-configs.sh --alter --topic {name} --add-config {key}={value}`"
                found.append(Mismatch(f"`{key}`", name, actual[name].get(key, "unset"), value, remedy))
    return found


def partitions(topic: Topic, settings: Settings) -> int:
    """How many partitions a topic has in this deployment."""
    return settings.partitions if topic.partitions is None else topic.partitions


def configs(topic: Topic, settings: Settings) -> dict[str, str]:
    """A topic's configuration as Kafka names it; `check` compares just these keys."""
    simulated = topic.input and settings.time_mode == "events"
    create_time = simulated or topic.timestamp == "create"
    retained = topic.retention_s is not None and not simulated
    wanted = {
        "cleanup.policy": topic.cleanup,
        "retention.ms": str(topic.retention_s * MS) if retained and topic.retention_s is not None else "-1",
        "max.message.bytes": str(topic.record_bytes_max),
        "message.timestamp.type": "CreateTime" if create_time else "LogAppendTime",
    }
    if simulated:  # the broker would refuse times that are far from its own
        wanted["message.timestamp.after.max.ms"] = FOR_EVER
        wanted["message.timestamp.before.max.ms"] = FOR_EVER
    if topic.cleanup == "compact":  # compaction skips the active segment, so segments are kept small
        wanted["segment.ms"] = str(SEGMENT_MS_COMPACT)
        wanted["segment.bytes"] = str(SEGMENT_BYTES_COMPACT)
        wanted["min.cleanable.dirty.ratio"] = "0.1"
    return wanted


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, Mapping[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, Mapping[str, str]] = {}
    for answer in await admin.describe_configs(resources):
        for code, message, _, name, entries in answer.resources:
            if code:
                raise Refused(
                    f"the broker won't describe topic `{name}`: {message}; may this user describe its "
                    "configs?"
                )
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _raise_for(answer: Any) -> None:
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        # One that somebody else has made meanwhile is left to `check`.
        if error not in (NoError, TopicAlreadyExistsError):
            said = " ".join(str(part) for part in message if part)
            raise Refused(
                f"the broker won't create topic `{name}`: {error.__name__} {said}; "
                "check that there are as many brokers as the replication factor, and that this user may "
                "create topics"
            )


async def _leaders(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    deadline = time.monotonic() + LEADERS_WAIT_S_MAX
    while True:
        described = {
            topic["topic"]: topic for topic in await admin.describe_topics() if topic["topic"] in names
        }
        waiting = {
            name
            for name in names
            if name not in described
            or any(partition["leader"] < 0 for partition in described[name]["partitions"])
        }
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise Refused(
                f"topics without a leader after {LEADERS_WAIT_S_MAX} s: {', '.join(sorted(waiting))}; are "
                "all brokers up?"
            )
        await asyncio.sleep(LEADERS_POLL_S)
