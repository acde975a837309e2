"""Topics as the catalogue says."""

from __future__ import annotations

import pytest

from events.catalogue import TOPICS
from services.runtime import kafka, topics
from services.runtime.embedded import EmbeddedKafka
from services.runtime.settings import Settings
from services.runtime.topics import Mismatch


def test_inputs_follow_the_time_mode_and_nothing_else_does() -> None:
    """In simulated time the broker must take any time, and must not delete what is old by it."""
    log, events = Settings(time_mode="log"), Settings(time_mode="events")
    posts = topics.configs(TOPICS["posts"], log)
    assert (posts["message.timestamp.type"], posts["retention.ms"]) == ("LogAppendTime", "2592000000")
    simulated = topics.configs(TOPICS["posts"], events)
    assert (simulated["message.timestamp.type"], simulated["retention.ms"]) == ("CreateTime", "-1")
    assert simulated["message.timestamp.after.max.ms"] == str(2**63 - 1)
    for topic in TOPICS.values():
        if not topic.input:
            assert topics.configs(topic, log) == topics.configs(topic, events)


def test_compacted_topics_have_small_segments_and_the_ledger_is_kept_for_ever() -> None:
    """Compaction skips the active segment."""
    state = topics.configs(TOPICS["enforcement-state"], Settings())
    assert (state["cleanup.policy"], state["segment.ms"], state["retention.ms"]) == (
        "compact",
        "600000",
        "-1",
    )
    assert topics.configs(TOPICS["ledger"], Settings())["retention.ms"] == "-1"


def test_a_mismatch_says_what_where_expected_and_remedy() -> None:
    """As an operator reads it."""
    told = str(Mismatch("number of partitions", "p.posts", "4", "16", "make the topic anew"))
    assert told == "number of partitions of topic `p.posts` is 4, expected 16; make the topic anew"


@pytest.mark.kafka
async def test_topics_are_created_once_and_then_agree_with_the_catalogue(
    kafka_: EmbeddedKafka, prefix: str
) -> None:
    """Creating again does nothing; other settings are told apart."""
    settings = Settings(bootstrap_servers=kafka_.bootstrap, topic_prefix=prefix, partitions=3)
    admin = kafka.admin(kafka_.bootstrap)
    await admin.start()
    try:
        missing = await topics.check(admin, settings)
        assert {mismatch.what for mismatch in missing} == {"existence"}
        assert await topics.create(admin, settings) == sorted(prefix + name for name in TOPICS)
        assert await topics.create(admin, settings) == []
        assert await topics.check(admin, settings) == []
        other = settings.model_copy(update={"partitions": 5, "time_mode": "events"})
        differing = {(mismatch.what, mismatch.where) for mismatch in await topics.check(admin, other)}
        assert ("number of partitions", prefix + "ledger") in differing
        assert ("`message.timestamp.type`", prefix + "posts") in differing
        assert ("number of partitions", prefix + "control") not in differing
    finally:
        await admin.close()


@pytest.fixture(name="kafka_")
def _kafka(kafka: EmbeddedKafka) -> EmbeddedKafka:
    return kafka
