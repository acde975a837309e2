"""A database of a large community, by COPY: the rows of a small one, again and again under other names.

The small community's signals are decided and folded by the pure cores, so its rows and ledger entries are
real. A copy differs in its accounts, and in the first digits of every derived id.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.signals import mailbox
from benchmarks.stack import PARTITIONS, community_policy, partition_of
from events.codec import decode_entry
from events.policy import Policy
from projections import audit_entries, cases, fold
from projections.recorded import Recorded
from services.enforcement.partition import Partition
from services.projecting import builds, project
from services.runtime.postgres import Connection

ACCOUNTS: Final = 4_000
"""Of the small community."""
SIGNALS_PER_ACCOUNT: Final = 8
"""They lead to some ten entries."""
HISTORY: Final = timedelta(days=200)
MARK: Final = (
    r"(?<=member-|report-)(?=\d)"
    r"|(?<![0-9a-f])[0-9a-f]{4}(?=[0-9a-f]{4}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
)
"""Where a copy's number goes: into the name of an account or report, and over the start of a derived id."""
_TEXT: Final = re.compile(MARK)
_BYTES: Final = re.compile(MARK.encode())
OFFSET: Final = "ledger_offset"
FILL_S_MAX: Final = 7_200.0

Row = tuple[Any, ...]
Fill = Callable[[str, bytes], Any]


class Signal(msgspec.Struct):
    """A record of `signals`, as enforcement wants it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Pattern:
    """One row of the small community, to be copied."""

    def __init__(self, columns: Sequence[str], row: Row) -> None:
        self._row = [*row]
        self._fills = [(at, fill) for at, value in enumerate(row) if (fill := _filling(value)) is not None]
        self._offset = columns.index(OFFSET)

    def copy(self, number: str, digits: bytes, offset: int) -> Row:
        """The row in a copy whose number is that, and whose entries lie so much later in the ledger."""
        row = self._row[:]
        for at, fill in self._fills:
            row[at] = fill(number, digits)
        row[self._offset] += offset
        return tuple(row)


class Small(NamedTuple):
    """The small community: its rows by table, and how many entries lie in its longest partition."""

    rows: dict[str, tuple[Sequence[str], list[Row]]]
    entries: int
    span: int


def small(seed: int) -> Small:
    """Decide and fold a small community's signals."""
    policy = community_policy()
    changes = fold.fold(_entries(seed, policy), {})
    rows: dict[str, tuple[Sequence[str], list[Row]]] = {
        audit_entries.NAME: (audit_entries.COLUMNS, [msgspec.structs.astuple(row) for row in changes.audit])
    }
    for table in changes.tables:
        rows[table.table.name] = table.table.columns, [msgspec.structs.astuple(row) for row in table.changed]
        if table.past:
            rows[f"{table.table.name}_past"] = (
                table.table.columns,
                [msgspec.structs.astuple(row) for row in table.past],
            )
    span = 1 + max(row.ledger_offset for row in changes.audit)
    return Small(rows, len(changes.audit), span)


async def fill(
    connection: Connection, community: Small, copies: int, open_cases: int, told: Callable[[str], None]
) -> None:
    """Make a build of so many copies, of whose cases so many are open, and show it.

    Indexes are made once the rows are there. `told` hears of each table.
    """
    build = await builds.create(connection)
    indexes = await connection.fetch(
        "SELECT indexdef, indexname FROM pg_indexes WHERE schemaname = $1 AND indexname NOT LIKE '%_pkey'",
        build.schema,
    )
    for index in indexes:
        await connection.execute(f"DROP INDEX {build.schema}.{index['indexname']}")
    for name, (columns, rows) in community.rows.items():
        records = _copies(name, columns, rows, copies, community.span, open_cases)
        tag = await connection.copy_records_to_table(
            name, schema_name=build.schema, columns=columns, records=records, timeout=FILL_S_MAX
        )
        told(f"{name}: {int(tag.split()[-1]):,} rows")
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=FILL_S_MAX)
    told(f"{len(indexes)} indexes")
    await connection.execute("ANALYZE", timeout=FILL_S_MAX)
    async with connection.transaction():
        await builds.make_live(connection, build)
        await connection.executemany(
            "INSERT INTO stream_offsets (reader, topic, partition, next, epoch) VALUES ($1, $2, $3, $4, 1)",
            [(build.schema, builds.LEDGER, number, copies * community.span) for number in range(PARTITIONS)],
        )


def _copies(
    name: str, columns: Sequence[str], rows: Sequence[Row], copies: int, span: int, open_cases: int
) -> Iterator[Row]:
    patterns = [Pattern(columns, row) for row in rows]
    closed = patterns
    open_left = 0
    if name == cases.TABLE.name:
        status = columns.index("status")
        closed = [Pattern(columns, _closed(columns, row)) for row in rows]
        open_left = -(-open_cases // max(1, sum(row[status] == "open" for row in rows)))
    for copy in range(copies):
        number = f"{copy:04x}"
        for pattern in patterns if copy < open_left else closed:
            yield pattern.copy(number, number.encode(), copy * span)


def _closed(columns: Sequence[str], row: Row) -> Row:
    """The case, had somebody dismissed it a day later."""
    case = dict(zip(columns, row, strict=True))
    if case["status"] == "open":
        case |= {
            "status": "closed",
            "closed_at": case["opened_at"] + timedelta(days=1),
            "closed_by": "person:moderator-7",
            "result": "dismissed",
        }
    return tuple(case.values())


def _filling(value: Any) -> Fill | None:
    """What makes a copy's value; None where it is the same in all."""
    if isinstance(value, str):
        parts = _TEXT.split(value)
        return (lambda number, _: number.join(parts)) if len(parts) > 1 else None
    if isinstance(value, bytes):
        pieces = _BYTES.split(value)
        return (lambda _, digits: digits.join(pieces)) if len(pieces) > 1 else None
    if isinstance(value, tuple | list):
        fills = [_filling(item) for item in value]
        if any(fills):
            pairs = [*zip(value, fills, strict=True)]
            return lambda number, digits: [f(number, digits) if f else item for item, f in pairs]
    return None


def _entries(seed: int, policy: Policy) -> list[Recorded]:
    """The ledger, of all partitions: signals in the order of their mailbox, then what they led to."""
    begin = datetime.now(UTC).replace(microsecond=0) - HISTORY
    parts = [Partition(number, "", {policy.version: policy}) for number in range(PARTITIONS)]
    waiting: deque[tuple[bytes, bytes, int]] = deque()
    recorded: list[Recorded] = []
    offsets = [0] * PARTITIONS
    ends = [0] * PARTITIONS
    for sent in mailbox(seed, ACCOUNTS * SIGNALS_PER_ACCOUNT, policy, begin, ACCOUNTS):
        waiting.append((sent[0], sent[1], partition_of(sent[0]) if sent[2] is None else sent[2]))
        while waiting:
            key, value, number = waiting.popleft()
            record = Signal("signals", number, offsets[number], 0, key, value)
            parts[number].needs([record])
            made = parts[number].step([record])
            if made.next_offset == offsets[number]:  # a tick with more to fire than one step takes
                waiting.appendleft((key, value, number))
            offsets[number] = made.next_offset
            for topic, to, data, _, _ in made.records:
                if topic == "ledger" and data is not None:
                    recorded.append(Recorded(number, ends[number], decode_entry(data), data))
                    ends[number] += 1
                elif topic == "signals" and to is not None and data is not None:
                    waiting.append((to, data, partition_of(to)))
    return recorded


async def writer(dsn: str) -> Connection:
    """A connection that takes the rows as the projector's does."""
    return await project.writer(dsn, "goodstanding-bench")
