"""The one catalogue of topics: what each is called, how it is kept, and what its key means.

`goodstanding topics create` makes just these, and `goodstanding topics check` refuses a broker that
disagrees. Real names carry the configured prefix.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

DAY_S: Final = 86_400
RETENTION_INPUT_S: Final = 30 * DAY_S
"""How long inputs are kept, and so how long the promise holds that a second copy counts for nothing."""
RETENTION_OUTCOME_S: Final = 365 * DAY_S
INPUT_BYTES_MAX: Final = 900_000
"""Largest input record: small enough that its dead letter, with reasons as headers, still fits a topic."""
RECORD_BYTES_MAX: Final = 1_048_588
"""Largest record of every other topic (Kafka's own default)."""
SEGMENT_MS_COMPACT: Final = 600_000
SEGMENT_BYTES_COMPACT: Final = 64 * 1024 * 1024


class Topic(msgspec.Struct, frozen=True):
    """One topic. `partitions` None means the configured number; `retention_s` None means for ever."""

    name: str
    key: str
    cleanup: Literal["delete", "compact"]
    retention_s: int | None
    timestamp: Literal["log", "create"] = "log"
    """`log`: the broker stamps records (log-append time). Inputs follow the configured time mode instead."""
    partitions: int | None = None
    record_bytes_max: int = RECORD_BYTES_MAX
    input: bool = False


def _input(name: str, key: str) -> Topic:
    return Topic(name, key, "delete", RETENTION_INPUT_S, record_bytes_max=INPUT_BYTES_MAX, input=True)


def _compact(name: str, key: str) -> Topic:
    return Topic(name, key, "compact", None)


_ALL: Final = (
    _input("posts", "author, or the beneficiary of an answer or endorsement"),
    _input("reports", "reporter"),
    _input("accounts", "account"),
    _input("decisions", "entity"),
    Topic("signals", "entity", "delete", RETENTION_INPUT_S),
    Topic("ledger", "entity", "delete", None),
    Topic("strikes", "account", "delete", RETENTION_OUTCOME_S),
    Topic("sanctions", "account", "delete", RETENTION_OUTCOME_S),
    _compact("standings", "account"),
    _compact("contents", "content reference"),
    Topic("policies", "policy version", "compact", None, partitions=1),
    Topic("control", "none", "delete", None, partitions=1),
    _compact("screening-state", "`partition:p`"),
    _compact("enforcement-state", "entity, or `partition:p`"),
    Topic("clock-state", "`partition:p`", "compact", None, partitions=1),
    Topic("dead_letters", "original key", "delete", RETENTION_INPUT_S),
)
TOPICS: Final[dict[str, Topic]] = {topic.name: topic for topic in _ALL}
