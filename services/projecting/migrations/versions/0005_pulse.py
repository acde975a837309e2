"""What pulse says for the console: rates, feed, lags."""

from __future__ import annotations

from services.projecting import migrate
from services.projecting.builds import SQL

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    migrate.run(lambda connection: connection.execute(SQL["pulse"]))
