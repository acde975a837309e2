"""What topics hold, read whole under `read_committed`."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka.structs import ConsumerRecord, TopicPartition

from services.runtime.kafka import Kafka
from services.runtime.restore import pages
from services.runtime.settings import Settings


async def committed_records(settings: Settings, topics: Iterable[str]) -> list[ConsumerRecord]:
    """Every committed record of these topics (the catalogue's names), each partition's in order."""
    kafka = Kafka(settings.bootstrap_servers)
    reader = kafka.reader()
    await reader.start()
    found: list[ConsumerRecord] = []
    try:
        counts = await kafka.partition_counts()
        for name in topics:
            topic = settings.topic(name)
            ats = [TopicPartition(topic, number) for number in range(counts[topic])]
            ends = await reader.end_offsets(ats)
            for at in ats:
                async for page in pages(reader, at, 0, ends[at]):
                    found += [record for record in page if record.offset < ends[at]]
    finally:
        await reader.stop()
        await kafka.close()
    return found
