"""The side store of contents: snapshots and free text by reference, outside rebuild and comparison.

A tombstone in the topic erases a row, unless it is held (a legal hold, an open case): then it is erased when
the last hold on it is released.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from events.catalogue import TOPICS
from events.contents import Content, decode_content
from projections.table import CannotApply
from services.projecting.builds import SQL
from services.projecting.project import refusals_named
from services.runtime.postgres import Connection
from services.runtime.stage import Record

CONTENTS: Final = TOPICS["contents"].name


async def apply(connection: Connection, records: Sequence[Record]) -> None:
    """Write a batch of one partition, within the caller's transaction.

    Of several records under a key, the last counts.

    Raises `CannotApply` for a record without key or with a value that is no content.
    """
    latest: dict[str, tuple[Content, bytes] | None] = {}
    for record in records:
        if record.key is None:
            raise CannotApply(f"{_where(record)}: it has no key, expected the content's reference")
        ref = record.key.decode()
        latest[ref] = None if record.value is None else (_decode(record), record.value)
    # In key order, so that two partitions never wait for each other in a circle.
    erased = sorted(ref for ref, kept in latest.items() if kept is None)
    rows = [(ref, *kept) for ref, kept in sorted(latest.items()) if kept is not None]
    first, last = records[0], records[-1]
    with refusals_named(f"{CONTENTS} partition {first.partition}, offsets {first.offset} to {last.offset}"):
        await _put(connection, rows)
    if erased:
        await connection.execute(SQL["contents_erase"], erased)


async def _put(connection: Connection, rows: Sequence[tuple[str, Content, bytes]]) -> None:
    if not rows:
        return
    await connection.execute(
        SQL["contents_put"],
        [ref for ref, _, _ in rows],
        [content.account for _, content, _ in rows],
        [content.kind for _, content, _ in rows],
        [content.post for _, content, _ in rows],
        [content.received_at for _, content, _ in rows],
        [value for _, _, value in rows],
    )


async def place_hold(connection: Connection, hold: str, refs: Sequence[str], placed_by: str) -> None:
    """Keep these contents whatever is asked, until the hold is released.

    `hold` names it; the same twice is once.
    """
    await connection.execute(SQL["hold_place"], sorted(refs), hold, placed_by)


async def release_hold(connection: Connection, hold: str) -> None:
    """Let go of a hold; what was asked to be erased meanwhile, and is held by nothing else, is erased now."""
    async with connection.transaction():
        released = [row["ref"] for row in await connection.fetch(SQL["hold_release"], hold)]
        await connection.execute(SQL["hold_settle"], released)


def _decode(record: Record) -> Content:
    try:
        return decode_content(record.value or b"")
    except msgspec.MsgspecError as error:
        raise CannotApply(
            f"{_where(record)}: its value is no content ({error}); was it written by a newer build? run "
            "that one"
        ) from error


def _where(record: Record) -> str:
    return f"{CONTENTS} partition {record.partition}, offset {record.offset}"
