"""The whole fold: ledger entries of one partition to changes of all tables.

Two steps, so that nothing here reads a database: `wanted` names the rows that a batch needs, `fold` takes
them and says what becomes of them. Folding a ledger entry by entry or in batches of any size gives the same
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from events.signals import Signal
from projections import (
    appeals,
    cases,
    links,
    referrals,
    reports,
    sanctions,
    standings,
    strikes,
    terminations,
)
from projections.audit_entries import AuditRow, audit_row
from projections.recorded import ACCOUNT_PREFIX, At, Placed, Recorded, at
from projections.table import CannotApply, Rows, Table

NAME: Final = "standing"
"""What the projection is called in the registry.

One name covers all its tables, which are rebuilt together.
"""
VERSION: Final = 4
"""Raised whenever the same ledger would give other rows.

A worker refuses tables that another version filled.
"""

TABLES: Final[tuple[Table, ...]] = (
    standings.TABLE,
    strikes.TABLE,
    sanctions.TABLE,
    cases.TABLE,
    reports.FILINGS,
    reports.FOLDINGS,
    terminations.TABLE,
    appeals.TABLE,
    referrals.TABLE,
    links.TABLE,
)
"""The tables whose rows change; `audit_entries` stands apart, since its rows never do."""
STANDINGS: Final = TABLES.index(standings.TABLE)
STRIKES: Final = TABLES.index(strikes.TABLE)

_Fold = tuple[int, Callable[[Rows[Any], Any, At], None]]
_Want = tuple[int, Callable[[Any], str | None]]


def _by_outcome(table_part: Callable[[Table], Mapping[type, Any]]) -> dict[type, list[tuple[int, Any]]]:
    """Which tables take up an outcome, by its type."""
    found: dict[type, list[tuple[int, Any]]] = {}
    for index, table in enumerate(TABLES):
        for kind, function in table_part(table).items():
            found.setdefault(kind, []).append((index, function))
    return found


_FOLDS: Final[dict[type, list[_Fold]]] = _by_outcome(lambda table: table.folds)
_WANTS: Final[dict[type, list[_Want]]] = _by_outcome(lambda table: table.wants)


class Changes(msgspec.Struct):
    """What a batch comes to.

    `tables` are in the order of `TABLES`; rows are sorted by key, `audit` by offset.
    """

    tables: tuple[Rows[Any], ...]
    audit: list[AuditRow]


def wanted(batch: Sequence[Recorded]) -> dict[str, list[str]]:
    """The keys of rows that must be known before the batch can be folded, per table, sorted.

    Tables without any are left out.

    Standings aren't among them: each entry makes its account's anew, and the writer replaces whatever is
    there.
    """
    keys: dict[int, set[str]] = {}
    for recorded in batch:
        for outcome in recorded.entry.outcomes:
            for index, key in _WANTS.get(type(outcome), ()):
                if (wanted_key := key(outcome)) is not None:
                    keys.setdefault(index, set()).add(wanted_key)
    return {TABLES[index].name: sorted(found) for index, found in sorted(keys.items())}


def fold(
    batch: Sequence[Recorded],
    known: Mapping[str, Iterable[Placed]],
    purged: frozenset[str] = frozenset(),
) -> Changes:
    """What becomes of the rows.

    `known` holds those of `wanted` that exist, by table; `purged` the accounts without rows on purpose.

    Raises `CannotApply`, which names the entry.
    """
    tables: tuple[Rows[Any], ...] = tuple(Rows(table, known.get(table.name, ()), purged) for table in TABLES)
    severity_of = partial(_severity_of, tables[STRIKES])
    latest: dict[str, Recorded] = {}
    for recorded in batch:
        entry = recorded.entry
        place: At | None = None
        try:
            for outcome in entry.outcomes:
                for index, apply in _FOLDS.get(type(outcome), ()):
                    place = place or at(recorded, severity_of)
                    apply(tables[index], outcome, place)
        except CannotApply as error:
            raise CannotApply(f"{describe(recorded)}: {error}") from error
        latest[entry.entity] = recorded
    for entity, recorded in latest.items():
        if entity.startswith(ACCOUNT_PREFIX):
            row = standings.standing_row(recorded)
            tables[STANDINGS].put(row.account, row)
    return Changes(tables, [audit_row(recorded) for recorded in batch])


def _severity_of(rows: Rows[strikes.StrikeRow], strike: str) -> int:
    row = rows.get(strike)
    return 0 if row is None else row.severity


def describe(recorded: Recorded) -> str:
    """Which entry it is, for errors."""
    cause: Signal = recorded.entry.cause
    return (
        f"ledger partition {recorded.partition}, offset {recorded.offset}, entity `{recorded.entry.entity}`, "
        f"sequence {recorded.entry.sequence}, cause `{cause.id}`"
    )
