"""Tables in memory: the twin of PostgreSQL for the folds, and the model that PostgreSQL is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from projections import fold
from projections.audit_entries import AuditRow
from projections.recorded import Placed, Recorded


class MemoryTables:
    """Rows by table and key; `past` holds superseded states in the order in which they were superseded."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {table.name: {} for table in fold.TABLES}
        self.past: dict[str, list[Any]] = {table.name: [] for table in fold.TABLES}
        self.audit: list[AuditRow] = []

    def apply(self, batch: Sequence[Recorded], purged: frozenset[str] = frozenset()) -> None:
        """Apply entries as the projector does: fetch what is wanted, fold, write."""
        known = {
            name: [self.rows[name][key] for key in keys if key in self.rows[name]]
            for name, keys in fold.wanted(batch).items()
        }
        changes = fold.fold(batch, known, purged)
        for rows in changes.tables:
            name = rows.table.name
            for key in rows.replaced:
                self.rows[name].pop(key, None)
            for row in rows.changed:
                key = getattr(row, rows.table.key)
                assert key not in self.rows[name], f"{name} has `{key}` already"
                self.rows[name][key] = row
            self.past[name] += rows.past
        self.audit += changes.audit

    def purge(self, account: str) -> None:
        """Drop the account's rows from every table but the audit."""
        self.rows = {
            name: {key: row for key, row in rows.items() if row.account != account}
            for name, rows in self.rows.items()
        }
        self.past = {
            name: [row for row in rows if row.account != account] for name, rows in self.past.items()
        }

    def count(self, account: str) -> dict[str, int]:
        """How many rows of an account each table has, by its name."""
        return {
            name: sum(row.account == account for row in (*rows.values(), *self.past[name]))
            for name, rows in self.rows.items()
        }

    def comparable(self) -> dict[str, Any]:
        """Everything, in an order that doesn't depend on batches."""
        return {
            "rows": {name: dict(sorted(rows.items())) for name, rows in self.rows.items()},
            "past": {name: sorted(rows, key=_order) for name, rows in self.past.items()},
            "audit": self.audit,
        }


def _order(row: Placed) -> tuple[str, ...]:
    return tuple(map(str, msgspec.structs.astuple(row)))
