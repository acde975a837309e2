"""Why a record was refused, in words that its producer can act on.

What was sent may be personal, so it isn't repeated: only names out of the contracts and kinds of values are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from events.dead_letters import OTHERS_MAX, DeadReason, Rejected
from events.envelope import TYPE_PREFIX, split_type
from events.versions import TYPES

NAME_CHARS_MAX: Final = 200
"""How much of an unknown name is compared with the known ones."""
ALIKE_MIN: Final = 0.75
"""How alike two names must be, from 0 to 1, for one to be meant by the other."""


def explain(error: ValidationError | Rejected, topic: str) -> DeadReason:
    """The reason why a record of this topic was refused."""
    if isinstance(error, Rejected):
        return error.reason
    faults = error.errors(include_url=False)
    first = faults[0]
    kind, path = first["type"], _path(first["loc"])
    others = tuple(_path(fault["loc"]) for fault in faults[1 : OTHERS_MAX + 1])
    if kind == "json_invalid":
        return _json(first)
    if not first["loc"] and kind == "union_tag_not_found":
        return _no_type(first["input"], topic)
    if not first["loc"] and kind == "union_tag_invalid":
        return _other_type(first["input"], topic)
    if kind in {"missing", "union_tag_not_found"}:
        return _no_field(first, path, others)
    return _bad_field(first, path, others)


def _path(loc: tuple[int | str, ...]) -> str:
    """Where a fault is. The tags of unions are left out: they are types, not fields."""
    steps = [str(step) for step in loc if not str(step).startswith(TYPE_PREFIX)]
    plain = [
        step
        for before, step in zip(["", *steps], steps, strict=False)
        if before != "target" or step not in _TARGETS
    ]
    return ".".join(plain) or "value"


_TARGETS: Final = frozenset({"strike", "sanction", "case", "post"})


def _json(fault: Any) -> DeadReason:
    return DeadReason(
        "json_invalid",
        "value",
        "a CloudEvent in JSON",
        f"no JSON: {fault['ctx']['error']}",
        "send valid JSON in UTF-8",
    )


def _names(topic: str) -> list[str]:
    return [name for name, kind in TYPES.items() if kind.topic == topic]


def _no_type(value: Any, topic: str) -> DeadReason:
    remedy = _meant(value, ("type",)) or f"add `type`, such as `{_names(topic)[0]}`"
    return DeadReason("type_missing", "type", f"a type of the topic `{topic}`", "no type", remedy)


def _other_type(value: Any, topic: str) -> DeadReason:
    name = str(value.get("type", ""))[:NAME_CHARS_MAX]
    expected = f"a type of the topic `{topic}`"
    if name in TYPES:
        home = TYPES[name].topic
        remedy = f"send it to `{home}`" if home != topic else "wait until this version reads it"
        return DeadReason("type_misplaced", "type", expected, f"`{name}`", remedy)
    parts = split_type(name)
    versions = [] if parts is None else [n for n in TYPES if n.startswith(f"{parts[0]}.v")]
    if parts is not None and versions:
        remedy = f"send {' or '.join(f'`{n}`' for n in versions)}, or upgrade this deployment"
        return DeadReason("version_unknown", "type", expected, f"version {parts[1]}", remedy)
    full = name if name.startswith(TYPE_PREFIX) else TYPE_PREFIX + name
    close = _closest(full, _names(topic)) or _closest(full, TYPES) or _closest(f"{full}.v1", TYPES)
    remedy = (
        f"did you mean `{close}`?" if close else f"use one of {', '.join(f'`{n}`' for n in _names(topic))}"
    )
    return DeadReason("type_unknown", "type", expected, "a type that isn't known", remedy)


def _no_field(fault: Any, path: str, others: tuple[str, ...]) -> DeadReason:
    field = str(fault["loc"][-1]) if fault["type"] == "missing" else "kind"
    where = path if fault["type"] == "missing" else f"{path}.kind"
    remedy = _meant(fault["input"], (field,)) or f"add `{field}`"
    return DeadReason("field_missing", where, "a value", "nothing", remedy, others)


def _meant(value: Any, names: Iterable[str]) -> str | None:
    """What to rename, where the object has a field that is called almost like one that it lacks."""
    if not isinstance(value, Mapping):
        return None
    for name in names:
        for key in value:
            if _closest(str(key)[:NAME_CHARS_MAX], (name,)):
                return f"a field with a name much like it is there: did you mean `{name}`?"
    return None


def _bad_field(fault: Any, path: str, others: tuple[str, ...]) -> DeadReason:
    ctx, kind = fault.get("ctx", {}), fault["type"]
    expected = _EXPECTED.get(kind, "another value").format_map(ctx)
    if kind == "string_pattern_mismatch":
        expected = _PATTERNS.get(ctx["pattern"], f"text that matches `{ctx['pattern']}`")
    if kind in {"literal_error", "union_tag_invalid"}:
        expected = str(ctx.get("expected", ctx.get("expected_tags"))).replace("'", "`")
    remedy = f"correct `{path}`"
    if kind == "literal_error" and isinstance(fault["input"], str):
        close = _closest(
            fault["input"][:NAME_CHARS_MAX], expected.replace("`", "").replace(" or ", ", ").split(", ")
        )
        remedy = f"did you mean `{close}`?" if close else remedy
    return DeadReason("field_invalid", path, expected, _found(fault["input"]), remedy, others)


_EXPECTED: Final = MappingProxyType(
    {
        "string_type": "a string",
        "string_too_short": "at least {min_length} character(s)",
        "string_too_long": "at most {max_length} characters",
        "string_unicode": "text in UTF-8",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "int_parsing_size": "a smaller number",
        "bool_type": "true or false",
        "greater_than_equal": "{ge} or more",
        "less_than_equal": "{le} at most",
        "less_than": "less than {lt}",
        "tuple_type": "an array",
        "too_long": "at most {max_length} items",
        "model_type": "an object",
        "model_attributes_type": "an object",
        "dict_type": "an object",
        "timezone_aware": "a time with an offset or `Z`",
        "datetime_type": "a time in RFC 3339",
        "datetime_parsing": "a time in RFC 3339, such as `2026-03-01T12:00:00Z`",
        "datetime_from_date_parsing": "a time in RFC 3339, such as `2026-03-01T12:00:00Z`",
        "datetime_object_invalid": "a time that exists",
    }
)
_PATTERNS: Final = MappingProxyType(
    {
        r"^[!-?A-~]+$": "visible ASCII characters without spaces and without `@`",
        r"^[^@\s]+@[^@\s]+$": "an e-mail address",
        r"^application/json\s*(;.*)?$": "`application/json`",
    }
)


def _found(value: Any) -> str:
    """What kind of value it is, without the value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"a string of {len(value)} character(s)"
    if isinstance(value, int | float):
        return "a number"
    return f"an array of {len(value)} item(s)" if isinstance(value, list | tuple) else "an object"


def _closest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name.lower(), list(known), 1, ALIKE_MIN)), None)
