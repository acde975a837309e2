"""The tables in PostgreSQL equal the folds in memory, whatever the batches; positions are fenced."""

from __future__ import annotations

from random import Random
from typing import Any

import asyncpg
import msgspec
import pytest

from events import ledger
from projections import fold
from projections.recorded import Recorded
from projections.table import CannotApply
from services.projecting import builds, project
from services.projecting.migrate import migrate
from services.projecting.offsets import Lost, Place
from services.projecting.purge import purge
from services.runtime.faults import Refused
from tests.support.entries import Ledger, random_history, strike_issued
from tests.support.projecting import apply, connected, held, migrated, model

pytestmark = pytest.mark.kafka


def by_value(tables: object) -> object:
    """With JSON text parsed, since PostgreSQL keeps the value and not the text."""

    def parsed(value: object) -> object:
        if isinstance(value, str) and value.startswith("{"):
            return msgspec.json.decode(value)
        if isinstance(value, tuple | list):
            return [parsed(each) for each in value]
        if isinstance(value, dict):
            return {key: parsed(each) for key, each in value.items()}
        if isinstance(value, msgspec.Struct):
            return {name: parsed(each) for name, each in msgspec.structs.asdict(value).items()}
        return value

    return parsed(tables)


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether two sets of tables are equal, JSON by value and superseded rows in any order."""
    for tables in (found, expected):
        tables["past"] = {name: sorted(rows, key=_place) for name, rows in tables["past"].items()}
    return bool(by_value(found) == by_value(expected))


def _place(row: Any) -> tuple[Any, ...]:
    return (
        row.partition,
        row.ledger_offset,
        row.change,
        row.account,
        getattr(row, "strike", ""),
        getattr(row, "sanction", ""),
    )


async def batch(connection: asyncpg.Connection, place: Place, entries: list[Recorded]) -> None:
    """One batch as the projector writes it."""
    async with connection.transaction():
        await place.advance(connection, entries[-1].offset + 1)
        await project.apply(connection, place.reader, entries)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_postgres_holds_what_the_folds_say(database: str, size: int) -> None:
    """Two partitions, taken in batches of one, a few, and all at once."""
    await migrated(database)
    histories = [random_history(Random(size + p), 120, accounts=4, partition=p, stride=3) for p in (0, 1)]
    for history in histories:
        await apply(database, history, size)
    assert same(await held(database), model(*histories))


async def test_migrating_twice_changes_nothing(database: str) -> None:
    """A process may always migrate when it starts."""
    await migrate(database)
    await apply(database, random_history(Random(1), 10))
    before = await held(database)
    await migrate(database)
    assert await held(database) == before


async def test_the_desks_schema_is_apart_from_every_build(database: str) -> None:
    """What people make at the desk has tables of its own, of which no build and no view has one."""
    await migrated(database)
    by_schema = "SELECT table_name FROM information_schema.tables WHERE table_schema = $1"
    async with connected(database) as connection:
        build = await builds.live_of_this_version(connection)
        desk, built, shown = [
            {row["table_name"] for row in await connection.fetch(by_schema, schema)}
            for schema in ("desk", build.schema, "public")
        ]
    assert {"decisions", "access_log"} <= desk
    assert not desk & (built | shown)


async def test_a_batch_is_applied_once(database: str) -> None:
    """The position moves with the rows: the same batch again is refused, and changes nothing."""
    await migrated(database)
    history = random_history(Random(2), 20)
    await apply(database, history)
    before = await held(database)
    async with connected(database) as connection:
        place = Place("build_1", builds.LEDGER, 0)
        await place.claim(connection, 0)
        place.next = 0
        with pytest.raises(Lost):
            await batch(connection, place, history)
    assert await held(database) == before


async def test_whoever_claims_a_partition_fences_the_one_before(database: str) -> None:
    """The older owner's batch is refused as a whole."""
    await migrated(database)
    history = random_history(Random(3), 5)
    async with connected(database) as first, connected(database) as second:
        old, new = (Place("build_1", builds.LEDGER, 0) for _ in range(2))
        await old.claim(first, 0)
        await new.claim(second, 0)
        with pytest.raises(Lost):
            await batch(first, old, history)
        await batch(second, new, history)
    assert same(await held(database), model(history))


async def test_rows_that_postgres_refuses_stop_the_projection(database: str) -> None:
    """The error names partition and offsets, and nothing of the batch is kept."""
    await migrated(database)
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    await apply(database, made.entries)
    again = Ledger()
    again.offset = 1
    again.add("acc-2", strike_issued("strike-1", made.now))
    with pytest.raises(CannotApply, match="offsets 1 to 1: PostgreSQL refused"):
        await apply(database, again.entries)
    assert same(await held(database), model(made.entries))


async def test_a_worker_refuses_tables_of_another_version(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of two versions in one table would be worse than none."""
    await migrated(database)
    monkeypatch.setattr(fold, "VERSION", fold.VERSION + 1)
    async with connected(database) as connection:
        with pytest.raises(Refused, match="goodstanding projections rebuild"):
            await builds.live_of_this_version(connection)


async def test_purging_an_accounts_projection_leaves_every_audit_entry(database: str) -> None:
    """Rows go from every table; the ledger's copy stays to the byte, and other accounts keep theirs."""
    await migrated(database)
    history = random_history(Random(5), 150, accounts=3)
    await apply(database, history)
    before = await held(database)
    async with connected(database) as connection:
        assert await purge(connection, "acc-0-1") > 0
    after = await held(database)
    assert after["audit"] == before["audit"]
    for table in fold.TABLES:
        kept = {key: row for key, row in before["rows"][table.name].items() if row.account != "acc-0-1"}
        assert after["rows"][table.name] == kept


async def test_a_purged_account_goes_on(database: str) -> None:
    """Later entries make new rows, and what they change of rows that are gone is let pass."""
    await migrated(database)
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    await apply(database, made.entries)
    async with connected(database) as connection:
        await purge(connection, "acc-1")
    made.add("acc-1", ledger.StrikeExpired("strike-1", made.now), strike_issued("strike-2", made.now))
    await apply(database, made.entries[1:])
    rows = (await held(database))["rows"]
    assert rows["strikes"].keys() == {"strike-2"}
    assert rows["standings"]["acc-1"].sequence == 2


async def test_purging_an_unknown_account_is_refused(database: str) -> None:
    """A typing error must not look like success."""
    await migrated(database)
    async with connected(database) as connection:
        with pytest.raises(Refused, match="account `nobody` isn't in the ledger"):
            await purge(connection, "nobody")


async def test_audit_entries_are_only_ever_added(database: str) -> None:
    """A ledger position is taken once, and so is an entity's sequence."""
    await migrated(database)
    history = random_history(Random(6), 3)
    await apply(database, history)
    async with connected(database) as connection:
        for column in ("ledger_offset", "sequence"):
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.execute(
                    "INSERT INTO build_1.audit_entries SELECT * FROM build_1.audit_entries"
                    if column == "ledger_offset"
                    else "INSERT INTO build_1.audit_entries (SELECT (jsonb_populate_record(a, "
                    "'{\"ledger_offset\": 99}')).* "
                    "FROM build_1.audit_entries AS a LIMIT 1)"
                )
