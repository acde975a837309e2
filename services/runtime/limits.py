"""Every bound of the engine, each with its unit last.

The values are the ones that were measured to work; `docs/` says how. Bytes are counted uncompressed.
"""

from __future__ import annotations

from typing import Final

BATCH_BYTES_MAX: Final = 1_000_000
"""Input bytes of one batch, values only; one larger record still makes a batch of its own."""
SEND_BYTES_MAX: Final = 1_000_000
"""One record batch to one topic-partition; below `max.message.bytes` of every topic that a stage sends to."""
OUTPUT_BYTES_MAX: Final = 1_040_000
"""One output record: key, value and headers."""
ROUTES_MAX: Final = 200_000
"""Remembered key hashes per process; when full, all are forgotten."""

POLL_WAIT_S: Final = 0.2
FETCH_WAIT_S: Final = 0.1
FETCH_PARTITION_BYTES: Final = 1024 * 1024
"""Per partition and fetch. Nothing more is fetched until all of it is taken, so smaller ones overlap better.

Measured: 1 MiB gives half as much throughput again as 4 MiB.
"""
RESTORE_PARTITION_BYTES: Final = 8 * 1024 * 1024
RESTORE_EMPTY_POLLS_MAX: Final = 3
"""Answered fetches in a row that bring nothing before the end: only compaction leaves such a tail."""

TRANSACTION_TIMEOUT_S: Final = 10.0
SESSION_TIMEOUT_S: Final = 6.0
HEARTBEAT_S: Final = 1.0
REBALANCE_TIMEOUT_S: Final = 20.0
REVOKE_WAIT_S_MAX: Final = 12.0
"""How long a revocation waits for the batch in flight: longer than a transaction, within the rebalance."""
CALL_TIMEOUT_S: Final = 20.0
"""One question to the broker outside a transaction: metadata, offsets, fencing."""
ASK_AGAIN_S: Final = 0.1
"""Between two questions for offsets while no coordinator is there to answer."""
RESTORE_STALL_S_MAX: Final = 30.0
"""A restore that doesn't move for so long is an infrastructure error."""
STOP_S_MAX: Final = 3.0
"""Closing one client."""
DRAIN_S_MAX: Final = 8.0
"""From SIGTERM to the end of the last batch; what isn't done then is dropped and aborted by the broker."""
REBUILD_BACKOFF_S_MIN: Final = 0.1
REBUILD_BACKOFF_S_MAX: Final = 5.0
FENCED_REJOIN_S: Final = 10.0
"""A fenced partition that isn't reassigned within this time asks the group for a new assignment."""
REMIND_IDLE_S: Final = 10.0
"""How often an owner who has nothing to do looks whether the group still knows what was committed."""
WATCH_INTERVAL_S: Final = 1.0
"""How often lags are measured and the clients' background tasks are looked at."""
