"""What the API keeps of its own: decisions that it sent, and who saw what."""

from __future__ import annotations

from services.projecting import migrate
from services.projecting.builds import SQL

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    migrate.run(lambda connection: connection.execute(SQL["desk"]))
