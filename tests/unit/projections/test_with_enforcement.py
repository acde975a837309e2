"""What enforcement decides and what the tables show agree, on random histories."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from events.codec import decode_entry
from projections.recorded import Recorded
from services.enforcement.state import AccountState
from tests.model.histories import Play, from_seed
from tests.support.tables import MemoryTables
from tests.unit.enforcement.desk import Desk, found

SEEDS = range(40)
LENGTH = 60


def recorded(play: Play) -> list[Recorded]:
    """The ledger that enforcement left."""
    ledger = play.world.ledger
    return [Recorded(play.partition, offset, decode_entry(data), data) for offset, data in enumerate(ledger)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tables_show_what_enforcement_holds(seed: int) -> None:
    """Whoever decides by what the tables show names the versions that enforcement expects."""
    play = Play()
    play.run(from_seed(seed, LENGTH))
    tables = MemoryTables()
    entries = recorded(play)
    random = Random(seed)
    while entries:
        size = random.randint(1, 9)
        tables.apply(entries[:size])
        entries = entries[size:]
    state: AccountState = play.world.states["account:ann"]
    strikes, sanctions, cases = (tables.rows[name] for name in ("strikes", "sanctions", "cases"))
    assert {act.strike: shown(act) for act in state.acts} == {
        key: row_shown(row) for key, row in strikes.items()
    }
    in_force = {key: row for key, row in sanctions.items() if row.status == "in_force"}
    assert {s.id: (s.kind, s.version, s.ends_at, s.content_action) for s in state.sanctions} == {
        key: (row.sanction_kind, row.version, row.ends_at, row.content_action)
        for key, row in in_force.items()
    }
    open_cases = {key: row for key, row in cases.items() if row.status == "open"}
    assert {c.id: (c.kind, c.version, c.urgent, c.subject) for c in state.cases} == {
        key: (row.case_kind, row.version, row.urgent, row.subject) for key, row in open_cases.items()
    }
    assert {appeal.id: appeal.about for appeal in state.appeals} == {
        key: row.about for key, row in tables.rows["appeals"].items() if row.status == "pending"
    }
    assert {act.strike: act.appeal_until for act in state.acts} == {
        key: row.appeal_until for key, row in strikes.items()
    }
    assert {s.id: s.appeal_until for s in state.sanctions} == {
        key: row.appeal_until for key, row in in_force.items()
    }
    assert tables.rows["standings"]["ann"].sequence == state.sequence


def shown(act: Any) -> tuple[Any, ...]:
    """An act as enforcement holds it."""
    status = "expired" if act.status == "active" and act.expired else act.status
    return (act.version, status, act.counts_as, act.severity, act.guideline, act.case, act.confirmed_at)


def row_shown(row: Any) -> tuple[Any, ...]:
    """The same of a row."""
    return (
        row.version,
        row.status,
        row.counts_as,
        row.severity,
        row.guideline,
        row.policy_case,
        row.confirmed_at,
    )


def test_a_case_that_an_urgent_report_joins_is_urgent_and_escalated_by_nobody() -> None:
    """It stays among what waits, where it comes first; a person may still pass it on."""
    desk = Desk()
    desk.post("p1", found(1))
    desk.report("bob", "p1", reason="self-harm")
    case = desk.case_about("p1").id
    row = shown_by(desk)[case]
    assert (row.urgent, row.escalated, row.version) == (True, False, desk.case_about("p1").version)
    desk.decide("escalate", "case", case)
    row = shown_by(desk)[case]
    assert (row.urgent, row.escalated) == (True, True)
    desk.report("eve", "p1", reason="self-harm")
    assert shown_by(desk)[case].escalated


def test_a_case_that_becomes_delicate_is_shown_as_that() -> None:
    """Else everybody would see it in the common queue."""
    desk = Desk()
    desk.post("p1", found(1))
    desk.report("bob", "p1", reason="child-safety")
    (row,) = shown_by(desk).values()
    assert (row.case_kind, row.urgent, row.version) == ("restricted", True, 1)
    assert desk.state.cases[0].kind == "restricted"


def shown_by(desk: Desk) -> dict[str, Any]:
    """The table of cases after everything that happened at a desk."""
    tables = MemoryTables()
    for offset, data in enumerate(desk.world.ledger):
        tables.apply([Recorded(0, offset, decode_entry(data), data)])
    return tables.rows["cases"]
