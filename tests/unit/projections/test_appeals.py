"""What the tables show of appeals, from what enforcement decides."""

from __future__ import annotations

from typing import Any

from events.codec import decode_entry
from projections.recorded import Recorded
from tests.support.signals import day
from tests.support.tables import MemoryTables
from tests.unit.enforcement.desk import Desk, found


def shown(desk: Desk) -> MemoryTables:
    """The tables of everything that was decided at a desk."""
    tables = MemoryTables()
    entries = [Recorded(0, n, decode_entry(data), data) for n, data in enumerate(desk.world.ledger)]
    tables.apply(entries)
    return tables


def appealed() -> tuple[Desk, str]:
    """A strike that was told of and appealed, and its id."""
    desk = Desk()
    desk.strike("p1", 2)
    strike = desk.row("p1").id
    desk.clock(1)
    desk.told(strike)
    desk.appeal(strike)
    return desk, strike


def only(tables: MemoryTables) -> Any:
    """The one appeal."""
    (row,) = tables.rows["appeals"].values()
    return row


def test_an_appeal_that_was_taken_in_is_pending() -> None:
    """With what it is about, its words, and until when it could be filed."""
    desk, strike = appealed()
    row = only(shown(desk))
    assert (row.account, row.about, row.about_kind, row.status) == ("ann", strike, "strike", "pending")
    assert (row.strikes, row.filed_by, row.version, row.decided_by) == ((strike,), "account", 1, None)
    assert row.text_ref is not None
    assert row.open_until == desk.state.acts[0].appeal_until


def test_a_refused_appeal_leaves_no_row() -> None:
    """It is in the audit, as every refusal."""
    desk, strike = appealed()
    desk.appeal(strike)
    tables = shown(desk)
    assert len(tables.rows["appeals"]) == 1
    assert len(tables.audit) == len(desk.world.ledger)


def test_its_case_has_the_same_id_and_version() -> None:
    """Before the answer and after."""
    desk, _ = appealed()
    for _ in range(2):
        tables = shown(desk)
        row = only(tables)
        case = tables.rows["cases"][row.appeal]
        assert (case.case_kind, case.version) == ("appeal", row.version)
        if row.status == "pending":
            desk.answer("denied")


def test_an_answer_says_who_why_and_which_strikes_fell() -> None:
    """The account reads the reason."""
    desk, strike = appealed()
    desk.answer("granted")
    row = only(shown(desk))
    assert (row.status, row.decided_by, row.fallen, row.version) == (
        "granted",
        "person:mod-bea",
        (strike,),
        2,
    )
    assert row.reason_ref is not None


def test_a_partial_answer_says_what_it_was_reduced_to() -> None:
    """A strike to a severity."""
    desk, _ = appealed()
    desk.answer("partly_granted", severity=1)
    row = only(shown(desk))
    assert (row.status, row.fallen, row.reduced_to, row.shortened_to) == ("partly_granted", (), 1, None)


def test_a_strike_and_a_sanction_show_their_appeal_and_its_window() -> None:
    """As soon as the platform has told the account of them."""
    desk, strike = appealed()
    desk.decide("sanction", sanction_kind="suspension", guideline="no-selling")
    (suspension,) = desk.suspensions("manual")
    before = shown(desk).rows["sanctions"][suspension.id]
    assert (before.appeal_until, before.appeal) == (None, None)
    desk.told(suspension.id)
    desk.appeal(suspension.id)
    tables = shown(desk)
    for row in (tables.rows["strikes"][strike], tables.rows["sanctions"][suspension.id]):
        assert tables.rows["appeals"][row.appeal].open_until == row.appeal_until
        assert row.appeal_until == day(1 + desk.policy.appeal_days + 1)


def test_what_is_made_worse_shows_no_window_until_it_is_told_of_again() -> None:
    """The days begin anew."""
    desk = Desk()
    desk.post("p1", found(2))
    strike = desk.row("p1").id
    desk.told(strike)
    desk.post("p1", found(3), revision=2)
    assert shown(desk).rows["strikes"][strike].appeal_until is None
    desk.clock(5)
    desk.told(strike)
    assert shown(desk).rows["strikes"][strike].appeal_until == day(5 + desk.policy.appeal_days + 1)
