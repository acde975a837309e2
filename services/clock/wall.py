"""The wall clock, for whoever is allowed to look at it."""

from __future__ import annotations

from datetime import UTC, datetime


def wall_clock() -> datetime:
    """The time of this machine, UTC, in whole milliseconds as Kafka keeps them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
