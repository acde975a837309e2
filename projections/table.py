"""What a table is to the folds: rows by key, made and changed in the order of the ledger.

A fold never reads PostgreSQL. Before a batch is folded, the rows that its outcomes name are fetched; `Rows`
holds them and notes what becomes of them. A row's columns are the fields of its struct, in the same order as
in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import msgspec

from events.ledger import Outcome
from projections.recorded import At, Placed

R = TypeVar("R", bound=Placed)

CARRIES_ARRAY: Final = "tuple["


class CannotApply(Exception):
    """An entry can't be applied to what the projection holds.

    The projection stops, since skipping would falsify an audit.
    """


class Table(msgspec.Struct, frozen=True, dict=True):
    """One table whose rows change. `past`: superseded states of a row are kept, in the table `<name>_past`.

    `folds` says which outcomes it takes up, `wants` which row an outcome needs to be known beforehand, None
    where it needs none.
    """

    name: str
    row: type[Placed]
    key: str
    folds: Mapping[type, Callable[[Rows[Any], Any, At], None]]
    wants: Mapping[type, Callable[[Any], str | None]]
    past: bool = False
    whole: bool = False
    """Rows are made anew from each entry, so none needs to be known, and any may be there already."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns, in the order of the row's fields."""
        return self.row.__struct_fields__

    @cached_property
    def _arrays(self) -> tuple[int, ...]:
        fields = self.row.__struct_fields__
        annotations: dict[str, str] = {}
        for base in reversed(self.row.__mro__):
            annotations.update(getattr(base, "__annotations__", {}))
        return tuple(i for i, name in enumerate(fields) if CARRIES_ARRAY in annotations[name])

    def load(self, values: Iterable[Any]) -> Placed:
        """A row from a record of the table, in column order."""
        held = list(values)
        for index in self._arrays:
            held[index] = tuple(held[index])
        return self.row(**dict(zip(self.columns, held, strict=True)))


class Rows(Generic[R]):
    """The rows of one table during one batch.

    `purged` names accounts whose rows were taken away on purpose.
    """

    def __init__(self, table: Table, known: Iterable[R], purged: frozenset[str]) -> None:
        self.table: Final = table
        self.past: Final[list[R]] = []
        self._purged: Final = purged
        self._known: Final[dict[str, R]] = {getattr(row, table.key): row for row in known}
        self._changed: Final[dict[str, R]] = {}

    def get(self, key: str) -> R | None:
        """The row as it is now; None where there is none."""
        return self._changed.get(key) or self._known.get(key)

    def create(self, key: str, row: R) -> None:
        """Make a row that must be new.

        Raises `CannotApply` when the batch has it already; PostgreSQL sees to the rest.
        """
        if self.get(key) is not None:
            raise CannotApply(
                f"table {self.table.name} has a row `{key}` already, which the entry makes anew; "
                "the ledger contradicts itself: check it with `goodstanding replay --verify`"
            )
        self._changed[key] = row

    def put(self, key: str, row: R) -> None:
        """Make a row, or set another in its place."""
        before = self.get(key)
        if before is not None and self.table.past:
            self.past.append(before)
        self._changed[key] = row

    def change(self, key: str, place: At, effective_at: datetime, **columns: Any) -> None:
        """Change columns of a row that must exist.

        Raises `CannotApply` when it doesn't, unless its account was purged.
        """
        before = self.get(key)
        if before is None:
            if place.account in self._purged:
                return
            raise CannotApply(
                f"table {self.table.name} has no row `{key}`, which the entry changes; the ledger before it "
                "says otherwise, "
                "or rows were deleted by hand: rebuild the projection"
            )
        self.put(key, moved(before, place, effective_at, **columns))

    def change_if_known(self, key: str, place: At, effective_at: datetime, **columns: Any) -> None:
        """Change columns of a row, where there is such a row."""
        if self.get(key) is not None:
            self.change(key, place, effective_at, **columns)

    @property
    def replaced(self) -> list[str]:
        """The keys of changed rows whose earlier state the table holds, or may hold, sorted."""
        return sorted(self._changed if self.table.whole else self._changed.keys() & self._known.keys())

    @property
    def changed(self) -> list[R]:
        """The rows that have changed or are new, sorted by key."""
        return [self._changed[key] for key in sorted(self._changed)]


def moved(row: R, place: At, effective_at: datetime, **columns: Any) -> R:
    """The next state of a row."""
    return msgspec.structs.replace(
        row,
        change=row.change + 1,
        sequence=place.sequence,
        partition=place.partition,
        ledger_offset=place.ledger_offset,
        recorded_at=place.recorded_at,
        effective_at=effective_at,
        **columns,
    )


def placed(place: At, effective_at: datetime) -> dict[str, Any]:
    """The last columns of a new row."""
    return {
        "change": 1,
        "sequence": place.sequence,
        "partition": place.partition,
        "ledger_offset": place.ledger_offset,
        "recorded_at": place.recorded_at,
        "effective_at": effective_at,
    }


def by(field: str) -> Callable[[Outcome], str | None]:
    """The row that an outcome names in a field of its own, which may be None."""

    def key(outcome: Outcome) -> str | None:
        found: str | None = getattr(outcome, field)
        return found

    return key
