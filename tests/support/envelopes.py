"""Public events as plain data, to be changed and broken by tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RECEIVED_AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
GOLDEN = Path(__file__).parents[1] / "golden" / "events"


def golden(name: str, **data: Any) -> dict[str, Any]:
    """A golden event by its short name (`post.created`), with fields of its data replaced."""
    event: dict[str, Any] = json.loads((GOLDEN / f"goodstanding.{name}.v1.json").read_bytes())
    return {**event, "data": {**event["data"], **data}}


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same without some fields."""
    return {name: value for name, value in fields.items() if name not in names}


def encoded(event: Any) -> bytes:
    """As it would be sent."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
