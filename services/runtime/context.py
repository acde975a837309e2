"""What all partitions of one worker share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aiokafka.structs import TopicPartition

from services.runtime.outputs import Router
from services.runtime.port import Log, Member
from services.runtime.stage import Stage


class Context:
    """One stage on one log.

    `counts` are the partition numbers of all topics, as of start-up; `rejoin` asks the group for a new
    assignment.
    """

    def __init__(
        self,
        stage: Stage,
        log: Log,
        member: Member,
        prefix: str,
        counts: Mapping[str, int],
        rejoin: Callable[[], None],
    ) -> None:
        self.stage: Final = stage
        self.log: Final = log
        self.member: Final = member
        self.group: Final = group_of(prefix, stage)
        self.counts: Final = counts
        self.router: Final = Router(prefix, counts)
        self.rejoin: Final = rejoin
        self.prefix: Final = prefix

    def inputs(self, partition: int) -> dict[str, TopicPartition]:
        """The stage's inputs at a partition, by catalogue name, in the stage's order."""
        return {topic: self.at(topic, partition) for topic in self.stage.inputs}

    def at(self, topic: str, partition: int) -> TopicPartition:
        """The real topic-partition of a catalogue name."""
        return TopicPartition(self.prefix + topic, partition)

    def transactional_id(self, partition: int) -> str:
        """One stable id per input partition, named after the state that it guards."""
        return transactional_id(self.prefix, self.stage.changelog, partition)


def transactional_id(prefix: str, changelog: str, partition: int) -> str:
    """One id per partition of a changelog."""
    return f"{prefix}{changelog}.{partition}"


def group_of(prefix: str, stage: Stage) -> str:
    """The consumer group of a stage."""
    return prefix + stage.name
