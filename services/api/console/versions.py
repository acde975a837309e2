"""The policy's versions: which there are, which was in force since when, and what two of them differ in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec
import yaml

from events.policy import Policy

CONTEXT_LINES: Final = 3
LINE_CHARS_MAX: Final = 110


class Known(msgspec.Struct, frozen=True):
    """A version. `since`: when it was put into force last; `until`: when another took its place.

    Both None where that isn't known; `activations` counts how often it was put into force.
    """

    version: str
    name: str
    since: datetime | None
    until: datetime | None
    in_force: bool
    activations: int


class Line(msgspec.Struct, frozen=True):
    """One line of both texts beside each other: `same`, `changed`, `added`, `removed`, or `gap`."""

    sort: str
    left_number: int | None
    left: str
    right_number: int | None
    right: str


class Compared(msgspec.Struct, frozen=True):
    """Two versions beside each other."""

    left: str
    right: str
    lines: tuple[Line, ...]


def known(
    activations: Sequence[tuple[int, str]],
    policies: Mapping[str, Policy],
    asked_at: Mapping[int, datetime] = MappingProxyType({}),
) -> list[Known]:
    """Every version whose text is there, the one in force first, then those put into force last."""
    present = [(sequence, version) for sequence, version in activations if version in policies]
    last = {version: index for index, (_, version) in enumerate(present)}
    found = []
    for version, policy in sorted(policies.items(), key=lambda one: (-last.get(one[0], -1), one[0])):
        index = last.get(version)
        after = None if index is None or index + 1 == len(present) else present[index + 1][0]
        found.append(
            Known(
                version,
                policy.name,
                None if index is None else asked_at.get(present[index][0]),
                None if after is None else asked_at.get(after),
                index is not None and after is None,
                sum(name == version for _, name in present),
            )
        )
    return found


def compare(
    policies: Mapping[str, Policy], versions: Sequence[Known], left: str, right: str
) -> Compared | None:
    """Two versions, by default the one in force and that before it; None where there aren't two."""
    names = [one.version for one in versions]
    right = _one(names, right) or (names[0] if names else "")
    left = _one(names, left) or next((name for name in names if name != right), "")
    if not left or not right:
        return None
    return Compared(left, right, tuple(beside(as_text(policies[left]), as_text(policies[right]))))


def as_text(policy: Policy) -> list[str]:
    """The policy as lines to read: its whole content, in the order of its fields."""
    told = policy.model_dump(mode="json", exclude_defaults=False)
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=LINE_CHARS_MAX)
    return text.splitlines()


def beside(left: Sequence[str], right: Sequence[str]) -> list[Line]:
    """Both texts, what is the same only near what isn't."""
    found: list[Line] = []
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        if found or group[0][1]:
            found.append(Line("gap", None, "", None, ""))
        for tag, i, i_end, j, j_end in group:
            found += _lines(tag, left, right, (i, i_end), (j, j_end))
    return found


def _lines(
    tag: str, left: Sequence[str], right: Sequence[str], at: tuple[int, int], to: tuple[int, int]
) -> list[Line]:
    found = []
    for offset in range(max(at[1] - at[0], to[1] - to[0])):
        i, j = at[0] + offset, to[0] + offset
        old, new = i < at[1], j < to[1]
        sort = "same" if tag == "equal" else "changed" if old and new else "removed" if old else "added"
        found.append(
            Line(
                sort,
                i + 1 if old else None,
                left[i] if old else "",
                j + 1 if new else None,
                right[j] if new else "",
            )
        )
    return found


def _one(names: Sequence[str], wanted: str) -> str:
    """The version that is meant by its beginning; empty where none is, or several are."""
    meant = [name for name in names if wanted and name.startswith(wanted)]
    return meant[0] if len(meant) == 1 else ""
