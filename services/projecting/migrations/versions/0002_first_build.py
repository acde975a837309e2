"""The first build of the projection: empty tables, and the views that show them."""

from __future__ import annotations

from typing import Any

from services.projecting import builds, migrate

revision = "0002"
down_revision = "0001"


async def _first(connection: Any) -> None:
    await builds.make_live(connection, await builds.create(connection))


def upgrade() -> None:
    """Create a build of this version and make it live."""
    migrate.run(_first)
