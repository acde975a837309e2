"""Indexes for what is kept for a time only."""

from __future__ import annotations

from services.projecting import migrate
from services.projecting.builds import SQL

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the indexes."""
    migrate.run(lambda connection: connection.execute(SQL["retention"]))
