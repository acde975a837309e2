"""Upcasts: how an older version of an event is read today.

Events are for ever, so a version that was once stable is read for ever. When a type's version rises, its
class moves on to the new one and a function joins `UPCASTS` that turns the old event into the next version,
as plain JSON data. Functions are chained until a version is reached that has a class. The newest versions
never come here: they are read in one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError

from events.envelope import split_type

T = TypeVar("T")
Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""From a whole event of one version to the same event of the next; the type is set by the chain."""

UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = MappingProxyType({})
"""By type without its version, and version."""


def upcast(event: dict[str, Any], upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS) -> dict[str, Any]:
    """The event in the newest version that the chain leads to.

    The event itself where there is nothing to do.
    """
    while (name := split_type(str(event.get("type", "")))) in upcasts and name is not None:
        base, version = name
        event = {**upcasts[name](event), "type": f"{base}.v{version + 1}"}
    return event


def read(adapter: TypeAdapter[T], value: bytes) -> T:
    """An event from its bytes, of the newest version or of an older one that leads there.

    Raises:
        ValidationError: it keeps to no contract.
    """
    try:
        return adapter.validate_json(value)
    except ValidationError as error:
        return adapter.validate_json(read_older(value, error))


def read_older(
    value: bytes, error: ValidationError, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
) -> bytes:
    """The bytes of the newest version of an event that could not be read as it is.

    Raises:
        ValidationError: `error` itself, where the event's type has no older version that leads anywhere.
    """
    if not upcasts or error.errors(include_url=False)[0]["type"] != "union_tag_invalid":
        raise error
    event = msgspec.json.decode(value)
    newer = upcast(event, upcasts)
    if newer is event:
        raise error
    return msgspec.json.encode(newer)
