"""Every kind of signal body and of outcome there is."""

from __future__ import annotations

from typing import Any, get_args

from events.ledger import Outcome
from events.signals import Body


def bodies() -> tuple[Any, ...]:
    """The classes of bodies of signals."""
    return get_args(Body)


def outcomes() -> tuple[Any, ...]:
    """The classes of outcomes."""
    return get_args(Outcome)


def tag(kind: Any) -> str:
    """What the bytes call it."""
    return str(kind.__struct_config__.tag)
