"""What no rebuild touches: positions, the registry of builds, contents, and the schema of the desk."""

from __future__ import annotations

from services.projecting import migrate
from services.projecting.builds import SQL

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the shared tables."""
    migrate.run(lambda connection: connection.execute(SQL["shared"]))
