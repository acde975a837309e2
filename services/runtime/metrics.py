"""The one catalogue of metrics, for all stages; dashboards and alerts use just these names.

Labels are names of the code: `stage` is the folder, `topic` the catalogue's name. No label holds a user's
data.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

COMMIT_BUCKETS_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEP_BUCKETS_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
REQUEST_BUCKETS_S: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
BATCH_BUCKETS: Final = (1, 10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)

# the engine

READY: Final = Gauge("goodstanding_ready", "1 when assigned, restored and not fenced", ["stage"])
PARTITION_STATE: Final = Gauge(
    "goodstanding_partition_state",
    "1 for the state that the partition is in",
    ["stage", "partition", "state"],
)
RECORDS: Final = Counter("goodstanding_records", "input records committed", ["stage", "topic", "partition"])
OUTPUTS: Final = Counter("goodstanding_outputs", "output records committed", ["stage", "topic"])
BATCHES: Final = Counter("goodstanding_batches", "batches committed", ["stage", "partition"])
BATCH_RECORDS: Final = Histogram(
    "goodstanding_batch_records", "input records per batch", ["stage"], buckets=BATCH_BUCKETS
)
STEP_SECONDS: Final = Histogram(
    "goodstanding_step_seconds", "seconds of computing per batch", ["stage"], buckets=STEP_BUCKETS_S
)
COMMIT_SECONDS: Final = Histogram(
    "goodstanding_commit_seconds",
    "seconds from begin to commit per batch",
    ["stage"],
    buckets=COMMIT_BUCKETS_S,
)
LAG: Final = Gauge(
    "goodstanding_lag_records",
    "offsets between the last stable offset and the position",
    ["stage", "topic", "partition"],
)
LSO_LAG: Final = Gauge(
    "goodstanding_last_stable_offset_lag",
    "offsets that an open transaction holds back: high watermark minus last stable offset",
    ["stage", "topic", "partition"],
)
REBUILDS: Final = Counter(
    "goodstanding_rebuilds", "partition runtimes dropped and built again", ["stage", "partition", "reason"]
)
OFFSETS_FORGOTTEN: Final = Counter(
    "goodstanding_offsets_forgotten",
    "times the group's coordinator didn't know what was committed, and was told again",
    ["stage", "partition"],
)
RESTORED_RECORDS: Final = Counter(
    "goodstanding_restored_records", "changelog records read while restoring", ["stage", "partition"]
)
RESTORE_REMAINING: Final = Gauge(
    "goodstanding_restore_remaining", "changelog offsets still to be read", ["stage", "partition"]
)
RESTORE_SECONDS: Final = Gauge(
    "goodstanding_restore_seconds",
    "seconds that the last restore took, windows included",
    ["stage", "partition"],
)
REBALANCES: Final = Counter("goodstanding_rebalances", "assignments taken up", ["stage"])

# stages

DEAD_LETTERS: Final = Counter(
    "goodstanding_dead_letters", "refused input records", ["stage", "topic", "reason"]
)
FAILED: Final = Counter(
    "goodstanding_failed", "signals whose decision raised, and rules that raised", ["stage", "what"]
)
POLICY_SEQUENCE: Final = Gauge(
    "goodstanding_policy_sequence", "sequence of the policy in force", ["stage", "partition"]
)
FINDINGS: Final = Counter("goodstanding_findings", "findings by guideline and mode", ["guideline", "mode"])
UNREAD_POSTS: Final = Counter(
    "goodstanding_unread_posts", "posts in a script that some rule can't read", ["script"]
)
RULE_SUSPENSIONS: Final = Counter(
    "goodstanding_rule_suspensions", "times that a rule kept raising and was suspended", ["rule"]
)
SUSPENDED_RULES: Final = Gauge("goodstanding_suspended_rules", "rules that are suspended now", ["partition"])
MISSED_POSTS: Final = Gauge(
    "goodstanding_missed_posts", "posts that suspended rules have still to be asked about", ["partition"]
)
LEDGER_ENTRIES: Final = Counter("goodstanding_ledger_entries", "ledger entries written", ["partition"])
STATE_ENTITIES: Final = Gauge(
    "goodstanding_state_entities", "entities held in memory", ["stage", "partition"]
)
PROJECTION_POSITION: Final = Gauge(
    "goodstanding_projection_position", "next ledger offset to be applied", ["projection", "partition"]
)
PROJECTION_LAG: Final = Gauge(
    "goodstanding_projection_lag_records", "ledger offsets not yet applied", ["projection", "partition"]
)
PROJECTION_SECONDS: Final = Histogram(
    "goodstanding_projection_batch_seconds",
    "seconds per batch, PostgreSQL's commit included",
    ["projection"],
    buckets=COMMIT_BUCKETS_S,
)
API_SECONDS: Final = Histogram(
    "goodstanding_api_request_seconds",
    "seconds per request, by the route's template and the status",
    ["route", "status"],
    buckets=REQUEST_BUCKETS_S,
)
FORGOTTEN_ROWS: Final = Counter(
    "goodstanding_forgotten_rows", "rows of the desk that the API kept for their time", ["table"]
)
PULSE_WRITES: Final = Counter(
    "goodstanding_pulse_writes", "times that live rates were written for the console"
)
PULSE_MISSED: Final = Gauge(
    "goodstanding_pulse_missed_records", "records that pulse let go of to keep up, since it started"
)
