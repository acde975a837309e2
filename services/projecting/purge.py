"""Purging an account's projection.

Its rows go, every audit entry stays, and a rebuild brings the rows back.
"""

from __future__ import annotations

from typing import Final

from events.ids import account_entity
from projections import fold
from services.projecting import builds
from services.projecting.builds import PAST, PURGES
from services.runtime.faults import Refused
from services.runtime.postgres import Connection

_TABLES: Final = (*(table.name for table in fold.TABLES), *PAST)


async def purge(connection: Connection, account: str) -> int:
    """Delete the account's rows from every table of the live build but `audit_entries`.

    Gives back how many there were.

    Later entries of the account make new rows; what they change of rows that are gone is let pass. Raises
    `Refused` for an account that the ledger doesn't know.
    """
    build = await builds.live_of_this_version(connection)
    async with connection.transaction():
        # Nobody projects meanwhile, so no batch can have read rows that are gone when it writes.
        await connection.execute("SELECT FROM stream_offsets WHERE reader = $1 FOR UPDATE", build.schema)
        sequence = await connection.fetchval(
            f"SELECT max(sequence) FROM {build.schema}.audit_entries WHERE entity = $1",  # noqa: S608 - our own names
            account_entity(account),
        )
        if sequence is None:
            raise Refused(
                f"account `{account}` isn't in the ledger, so there is nothing to purge; check the id"
            )
        await connection.execute(
            f"INSERT INTO {build.schema}.{PURGES} (account, sequence) VALUES ($1, $2) "  # noqa: S608 - our own names
            "ON CONFLICT (account) DO UPDATE SET sequence = excluded.sequence",
            account,
            sequence,
        )
        gone = 0
        for table in _TABLES:
            tag = await connection.execute(f"DELETE FROM {build.schema}.{table} WHERE account = $1", account)  # noqa: S608 - our own names
            gone += int(tag.rpartition(" ")[2])
    return gone
