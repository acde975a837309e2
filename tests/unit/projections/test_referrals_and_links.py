"""What the tables `referrals` and `links` show, entry by entry."""

from __future__ import annotations

from datetime import timedelta

from events import ledger
from events.signals import Actor
from tests.support.entries import PERSON, T0, Ledger
from tests.support.tables import MemoryTables

BEA = Actor("person", "mod-bea")


def proposed(referral: str = "ref-1", *, emergency: bool = False) -> ledger.ReferralProposed:
    """A referral of a case about a post."""
    review_by = T0 + timedelta(hours=24) if emergency else None
    return ledger.ReferralProposed(
        referral, "case-2", "case-1", emergency, ("post-1",), ("ref-a",), PERSON, "reason-1", review_by, T0
    )


def folded(made: Ledger) -> MemoryTables:
    """The tables after all of it, entry by entry."""
    tables = MemoryTables()
    for entry in made.entries:
        tables.apply([entry])
    return tables


def test_a_referral_shows_who_proposed_it_and_who_answered() -> None:
    """With both reasons."""
    made = Ledger()
    made.add("ann", proposed())
    made.add("ann", ledger.ReferralSettled("ref-1", "confirmed", BEA, "reason-2", made.now))
    row = folded(made).rows["referrals"]["ref-1"]
    assert (row.status, row.proposed_by, row.settled_by) == ("confirmed", "person:mod-ann", "person:mod-bea")
    assert (row.reason_ref, row.settled_reason_ref, row.case_id, row.about) == (
        "reason-1",
        "reason-2",
        "case-2",
        "case-1",
    )
    assert not row.overdue


def test_an_emergency_at_which_nobody_looked_is_overdue() -> None:
    """And still awaits somebody."""
    made = Ledger()
    made.add("ann", proposed(emergency=True))
    made.add("ann", ledger.ReferralOverdue("ref-1", "case-2", made.now))
    row = folded(made).rows["referrals"]["ref-1"]
    assert (row.emergency, row.overdue, row.status, row.settled_by) == (True, True, "proposed", None)


def test_the_last_word_about_two_accounts_is_shown() -> None:
    """Linked, merged, and apart again; from each one's own side."""
    made = Ledger()
    made.add(
        "ann",
        ledger.LinkNoted("ann-2", True, PERSON, "reason-1", T0),
        ledger.MergeNoted("ann-2", True, True, ("strike-1",), PERSON, "reason-1", T0),
    )
    made.add("ann-2", ledger.MergeNoted("ann", False, True, ("strike-1",), PERSON, "reason-1", T0))
    shown = folded(made).rows["links"]
    assert {(row.account, row.other): row.status for row in shown.values()} == {
        ("ann", "ann-2"): "merged_into",
        ("ann-2", "ann"): "merged_from",
    }
    made.add(
        "ann",
        ledger.MergeNoted("ann-2", True, False, ("strike-1",), PERSON, "reason-2", T0),
        ledger.LinkNoted("ann-2", False, PERSON, "reason-2", T0),
    )
    row = folded(made).rows["links"]["ann ann-2"]
    assert (row.status, row.strikes, row.reason_ref) == ("apart", (), "reason-2")
