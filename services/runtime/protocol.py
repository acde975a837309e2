"""Requests of Kafka's protocol that aiokafka doesn't have: those about transactions that hang.

They are written as aiokafka writes its own, whose base classes have no types.
"""

# mypy: disable-error-code="misc"
# ruff: noqa: N801, D101 - named after the protocol's messages and their versions, as aiokafka's are

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)
from aiokafka.structs import TopicPartition


class DescribeTransactionsResponse_v0(Response):
    API_KEY = 65
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "transactions",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", CompactString("utf-8")),
                ("transaction_state", CompactString("utf-8")),
                ("transaction_timeout_ms", Int32),
                ("transaction_start_time_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                (
                    "topics",
                    CompactArray(
                        ("topic", CompactString("utf-8")),
                        ("partitions", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeTransactionsRequest_v0(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 65
    API_VERSION = 0
    RESPONSE_TYPE = DescribeTransactionsResponse_v0
    SCHEMA = Schema(("transactional_ids", CompactArray(CompactString("utf-8"))), ("tags", TaggedFields))


class DescribeTransactions(Request[DescribeTransactionsRequest_v0]):
    """What the coordinator knows of transactional ids."""

    API_KEY = 65

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = list(ids)

    def build(self, kind: type[DescribeTransactionsRequest_v0]) -> DescribeTransactionsRequest_v0:
        """The request of a version."""
        return kind(self._ids, {})


class DescribeProducersResponse_v0(Response):
    API_KEY = 61
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("name", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition_index", Int32),
                        ("error_code", Int16),
                        ("error_message", CompactString("utf-8")),
                        (
                            "active_producers",
                            CompactArray(
                                ("producer_id", Int64),
                                ("producer_epoch", Int32),
                                ("last_sequence", Int32),
                                ("last_timestamp", Int64),
                                ("coordinator_epoch", Int32),
                                ("current_txn_start_offset", Int64),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeProducersRequest_v0(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 61
    API_VERSION = 0
    RESPONSE_TYPE = DescribeProducersResponse_v0
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("partition_indexes", CompactArray(Int32)),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeProducers(Request[DescribeProducersRequest_v0]):
    """Who has lately written to partitions, and has a transaction open there."""

    API_KEY = 61

    def __init__(self, ats: Sequence[TopicPartition]) -> None:
        self._ats = ats

    def build(self, kind: type[DescribeProducersRequest_v0]) -> DescribeProducersRequest_v0:
        """The request of a version."""
        topics: dict[str, list[int]] = defaultdict(list)
        for at in self._ats:
            topics[at.topic].append(at.partition)
        return kind([(topic, numbers, {}) for topic, numbers in topics.items()], {})


class WriteTxnMarkersResponse_v1(Response):
    API_KEY = 27
    API_VERSION = 1
    SCHEMA = Schema(
        (
            "markers",
            CompactArray(
                ("producer_id", Int64),
                (
                    "topics",
                    CompactArray(
                        ("name", CompactString("utf-8")),
                        (
                            "partitions",
                            CompactArray(
                                ("partition_index", Int32), ("error_code", Int16), ("tags", TaggedFields)
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class WriteTxnMarkersRequest_v1(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 27
    API_VERSION = 1
    RESPONSE_TYPE = WriteTxnMarkersResponse_v1
    SCHEMA = Schema(
        (
            "markers",
            CompactArray(
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                ("transaction_result", Boolean),
                (
                    "topics",
                    CompactArray(
                        ("name", CompactString("utf-8")),
                        ("partition_indexes", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("coordinator_epoch", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class WriteMarker(Request[WriteTxnMarkersRequest_v1]):
    """Ends a transaction in one partition."""

    API_KEY = 27

    def __init__(
        self, at: TopicPartition, producer_id: int, epoch: int, coordinator_epoch: int, *, commit: bool
    ) -> None:
        tags: dict[int, bytes] = {}
        topics = [(at.topic, [at.partition], tags)]
        self._marker = (producer_id, epoch, commit, topics, max(0, coordinator_epoch), tags)

    def build(self, kind: type[WriteTxnMarkersRequest_v1]) -> WriteTxnMarkersRequest_v1:
        """The request of a version."""
        return kind([self._marker], {})
