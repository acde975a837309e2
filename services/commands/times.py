"""Times and spans as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from services.commands.failures import CommandFailed
from services.exit_codes import ExitCode

SPAN: Final = re.compile(r"\+?(\d{1,6})([smhdw])")
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(text: str) -> datetime:
    """A time with an offset, in UTC. Raises `CommandFailed`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandFailed(
            ExitCode.USAGE,
            f"`{text}` is no time in RFC 3339 with an offset",
            "write it as `2026-03-01T12:00:00Z`",
        )
    return at.astimezone(UTC)


def parse_span(text: str) -> timedelta | None:
    """A span such as `36h` or `+7d`; None for what isn't one."""
    found = SPAN.fullmatch(text)
    return timedelta(**{UNITS[found[2]]: int(found[1])}) if found else None


def parse_moment(text: str, since: datetime) -> datetime:
    """A time, or a span counted from `since`. Raises `CommandFailed`."""
    span = parse_span(text)
    return parse_time(text) if span is None else since + span


def parse_optional(text: str | None) -> datetime | None:
    """A time, if one was given. Raises `CommandFailed`."""
    return None if text is None else parse_time(text)
