"""The verifier reads PostgreSQL as the projection wrote it, and notices whatever is done to a row."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from services.projecting import builds, project
from services.projecting.migrate import migrate
from tests.support.ledgers import small_world
from tests.support.world import Input
from tests.verifier import rows
from tests.verifier.reading import Unproved

pytestmark = pytest.mark.kafka

EXTRA = (
    "CREATE TEMP TABLE extra AS TABLE standings; UPDATE extra SET account = 'eve'; "
    "INSERT INTO standings TABLE extra"
)


@pytest.fixture
async def ledger(database: str) -> dict[int, Any]:
    """A ledger that was applied to the database."""
    await migrate(database)
    records: list[Any] = [
        Input("ledger", 0, number, 0, b"account:ann", data)
        for number, data in enumerate(small_world().ledger)
    ]
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            build = await builds.live_of_this_version(connection)
            await project.apply(connection, build.schema, project.decode(records))
    finally:
        await connection.close()
    return {0: records}


async def changed(database: str, statement: str) -> None:
    """Change the live build by hand."""
    connection = await asyncpg.connect(database)
    try:
        build = await builds.live_of_this_version(connection)
        await connection.execute(f"SET search_path = {build.schema}; {statement}")
    finally:
        await connection.close()


async def test_what_the_projection_wrote_is_proved(database: str, ledger: dict[int, Any]) -> None:
    """Every row, audit entries among them."""
    assert await rows.compare(database, ledger, 3) > len(ledger[0])


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE standings SET active_points = active_points + 1",
        "DELETE FROM sanctions WHERE ctid = (SELECT min(ctid) FROM sanctions)",
        EXTRA,
    ],
    ids=["other", "missing", "extra"],
)
async def test_every_harm_to_a_row_is_noticed(database: str, ledger: dict[int, Any], harm: str) -> None:
    """Whatever somebody does in the database."""
    await changed(database, harm)
    with pytest.raises(Unproved, match="table"):
        await rows.compare(database, ledger, 3)
