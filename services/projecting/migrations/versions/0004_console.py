"""What moderators make at their console: sessions, leases, saved filters, second reviews."""

from __future__ import annotations

from services.projecting import migrate
from services.projecting.builds import SQL

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    migrate.run(lambda connection: connection.execute(SQL["console"]))
