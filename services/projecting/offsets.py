"""A reader's place in one partition, kept in PostgreSQL beside what was made of the records before it.

`next` and `epoch` are what this process believes. Every batch checks both in the transaction that writes its
rows, so a second owner, or a batch applied twice, changes nothing.
"""

from __future__ import annotations

from services.projecting.builds import SQL
from services.runtime.postgres import Connection, count_of


class Lost(Exception):
    """Somebody else owns the partition, or is past this batch: nothing was written.

    Let go, and take it over again only if told to.
    """


class Place:
    """One reader in one partition of one topic. `topic` is the catalogue's name."""

    def __init__(self, reader: str, topic: str, partition: int) -> None:
        self.reader = reader
        self.topic = topic
        self.partition = partition
        self.next = 0
        self.epoch = 0

    async def claim(self, connection: Connection, beginning: int) -> None:
        """Fence every other owner, and read where to go on; `beginning` is where a first claim starts."""
        row = await connection.fetchrow(SQL["claim"], self.reader, self.topic, self.partition, beginning)
        self.next, self.epoch = row["next"], row["epoch"]

    async def advance(self, connection: Connection, next_offset: int) -> None:
        """Within a transaction: hold on to the partition and note the next offset. Raises `Lost`.

        `next` changes only by `moved`, once the transaction is known to be committed.
        """
        tag = await connection.execute(
            SQL["advance"], self.reader, self.topic, self.partition, self.next, next_offset, self.epoch
        )
        if count_of(tag) != 1:
            raise Lost(
                f"{self}: another owner has taken it over from epoch {self.epoch}, or moved it from "
                f"{self.next}"
            )

    def moved(self, next_offset: int) -> None:
        """The transaction is committed."""
        self.next = next_offset

    async def reread(self, connection: Connection) -> None:
        """After a commit whose outcome is unknown: whatever the table says is what happened.

        Raises `Lost`.
        """
        row = await connection.fetchrow(SQL["position"], self.reader, self.topic, self.partition)
        if row is None or row["epoch"] != self.epoch:
            raise Lost(f"{self}: another owner has taken it over from epoch {self.epoch}")
        self.next = row["next"]

    def __str__(self) -> str:
        return f"{self.reader}, {self.topic} partition {self.partition}"
