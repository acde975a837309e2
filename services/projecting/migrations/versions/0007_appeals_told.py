"""Who was told of which appeal."""

from __future__ import annotations

from services.projecting import migrate
from services.projecting.builds import SQL

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    migrate.run(lambda connection: connection.execute(SQL["appeals_told"]))
