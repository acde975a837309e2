"""A struct of any kind with every field set: for tests that mustn't forget a field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
TIME = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def filled(kind: type[S], **fields: Any) -> S:
    """A struct whose texts are the names of their fields, and whose choices are the first possible."""
    hints = get_type_hints(kind)
    left_out = {*fields, "schema"}  # its default says which version the bytes are of
    values = {name: value(hints[name], name) for name in kind.__struct_fields__ if name not in left_out}
    return kind(**{**values, **fields})


def value(hint: Any, name: str) -> Any:
    """A value for a field: never None where something else is possible."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return filled(hint)
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_origin(hint) is tuple:
        return (value(get_args(hint)[0], name),)
    plain: dict[Any, Any] = {str: f"a-{name}", int: 3, bool: True, datetime: TIME}
    return (
        plain[hint] if hint in plain else value(next(a for a in get_args(hint) if a is not type(None)), name)
    )
