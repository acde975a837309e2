"""The folds from ledger entries to rows, without any database."""

from __future__ import annotations

from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from events import ledger
from events.codec import decode_entry
from projections import fold
from projections.recorded import Recorded
from projections.table import CannotApply
from tests.support.entries import (
    NOTICE,
    PERSON,
    T0,
    Ledger,
    case_finding,
    random_history,
    report_folded,
    sanction_imposed,
    sanction_lifted,
    standing_of,
    strike_amended,
    strike_issued,
)
from tests.support.tables import MemoryTables


def folded(entries: list[Recorded], sizes: list[int] | None = None) -> MemoryTables:
    """The tables after entries, taken in batches of the given sizes, the last size again and again."""
    tables = MemoryTables()
    sizes = sizes or [len(entries) or 1]
    begin = turn = 0
    while begin < len(entries):
        size = sizes[min(turn, len(sizes) - 1)]
        tables.apply(entries[begin : begin + size])
        begin, turn = begin + size, turn + 1
    return tables


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_batches_of_any_size_give_the_same_rows(random: Random, sizes: list[int]) -> None:
    """Entry by entry, in one batch, or in batches of any size."""
    entries = random_history(random, 40, accounts=3)
    one_by_one = folded(entries, [1]).comparable()
    assert folded(entries, sizes).comparable() == one_by_one
    assert folded(entries).comparable() == one_by_one


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_entry_is_audited_once_with_its_exact_bytes(random: Random) -> None:
    """The audit is the ledger itself, in its order."""
    entries = random_history(random, 30)
    audit = folded(entries, [7]).audit
    assert [row.data for row in audit] == [entry.data for entry in entries]
    assert [row.ledger_offset for row in audit] == [entry.offset for entry in entries]


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_hash_is_what_the_next_entry_names(random: Random) -> None:
    """The chain of hashes can be walked in the table."""
    audit = folded(random_history(random, 30)).audit
    hashes = [row.hash.hex() for row in audit]
    named = [decode_entry(row.data).previous for row in audit]
    assert named[1:] == hashes[:-1]


def test_an_overturned_strike_stays_on_record() -> None:
    """The record keeps the mistake, its correction, and what the strike was before."""
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now, severity=2))
    made.add("acc-1", ledger.StrikeRemoved("strike-1", "overturned", PERSON, "reason-1", made.now))
    tables = folded(made.entries)
    row = tables.rows["strikes"]["strike-1"]
    assert (row.status, row.ended_by, row.reason_ref, row.version) == (
        "overturned",
        "person:mod-ann",
        "reason-1",
        2,
    )
    assert [past.status for past in tables.past["strikes"]] == ["active"]


def test_an_overturned_strike_that_runs_out_stays_overturned() -> None:
    """Its expiry is noted as a version, and takes nothing back."""
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    made.add("acc-1", ledger.StrikeRemoved("strike-1", "overturned", PERSON, None, made.now))
    made.add("acc-1", ledger.StrikeExpired("strike-1", made.now))
    row = folded(made.entries).rows["strikes"]["strike-1"]
    assert (row.status, row.ended_at, row.version) == ("overturned", made.entries[1].entry.recorded_at, 3)


def test_an_amended_strike_shows_its_new_price_and_keeps_its_act() -> None:
    """The worse revision counts; who issued it and when stays."""
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    made.add("acc-1", strike_amended("strike-1", made.now, severity=3))
    row = folded(made.entries).rows["strikes"]["strike-1"]
    assert (row.severity, row.points, row.policy_case, row.revision, row.version) == (3, 3, "offer", 2, 2)
    assert (row.issued_at, row.issued_sequence, row.sequence) == (T0, 1, 2)


def test_a_confirmed_strike_that_a_rule_made_worse_is_confirmed_by_nobody() -> None:
    """Whoever confirmed it confirmed less; a person's correction goes back to what was confirmed once."""
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    made.add("acc-1", ledger.StrikeConfirmed("strike-1", PERSON, made.now, "policy-1"))
    first = made.entries[-1].entry.recorded_at
    made.add("acc-1", strike_amended("strike-1", made.now, severity=3))
    row = folded(made.entries).rows["strikes"]["strike-1"]
    assert (row.confirmed_at, row.confirmed_by) == (None, None)
    assert row.first_confirmed_at == first
    made.add("acc-1", replace(strike_amended("strike-1", made.now, severity=2), because="reduced"))
    row = folded(made.entries).rows["strikes"]["strike-1"]
    assert (row.confirmed_at, row.confirmed_by) == (first, row.first_confirmed_by)


def test_warnings_are_told_apart_from_strikes() -> None:
    """Both stand in one table, and `counts_as` says which is which."""
    made = Ledger()
    made.add(
        "acc-1",
        strike_issued("warning-1", made.now, counts_as="warning"),
        strike_issued("strike-1", made.now),
    )
    rows = folded(made.entries).rows["strikes"]
    assert {key: row.counts_as for key, row in rows.items()} == {"strike-1": "strike", "warning-1": "warning"}


def test_a_lifted_sanction_says_why_and_a_warning_is_never_in_force() -> None:
    """Every sanction says whether it holds, and what became of it."""
    made = Ledger()
    made.add(
        "acc-1",
        sanction_imposed("sanction-1", made.now),
        sanction_imposed("sanction-2", made.now, kind="warning"),
    )
    made.add("acc-1", sanction_lifted("sanction-1", made.now, because="overturned"))
    rows = folded(made.entries).rows["sanctions"]
    assert (rows["sanction-1"].status, rows["sanction-1"].lifted_because) == ("lifted", "overturned")
    assert rows["sanction-2"].status == "told"


def test_a_case_folds_findings_and_reports_in() -> None:
    """One row per case; a report alone leaves its version as it was."""
    made = Ledger()
    opened = ledger.CaseOpened("case-1", "post:post-1", "finding", False, "looks like spam", made.now)
    finding = ledger.CaseUpdated(
        "case-1", 2, made.now, strike="strike-1", finding=case_finding("post-1", made.now)
    )
    made.add("acc-1", opened, finding)
    made.add(
        "acc-1", report_folded("report-1", "case-1", made.now), report_folded("report-2", "case-1", made.now)
    )
    made.add("acc-1", report_folded("report-1", "case-1", made.now, withdrawn=True))
    row = folded(made.entries).rows["cases"]["case-1"]
    assert (row.version, row.finding_count, row.strikes) == (2, 1, ("strike-1",))
    assert (row.reports, row.report_count, row.report_weight) == (("report-2",), 1, 1000)


def test_a_case_is_as_severe_as_the_gravest_that_joined_it() -> None:
    """A finding, or a strike as it is when it joins, in whatever batch it was issued; nothing lowers it."""
    made = Ledger()
    made.add("acc-1", ledger.CaseOpened("case-1", "post:post-1", "strike", False, "a strike", made.now))
    made.add("acc-1", strike_issued("strike-1", made.now, severity=2))
    made.add("acc-1", ledger.CaseUpdated("case-1", 2, made.now, strike="strike-1"))
    assert folded(made.entries, [1]).rows["cases"]["case-1"].severity == 2
    worse = strike_amended("strike-1", made.now, severity=3)
    made.add("acc-1", worse, ledger.CaseUpdated("case-1", 3, made.now, strike="strike-1"))
    made.add("acc-1", replace(worse, severity=1, because="reduced"))
    made.add("acc-1", ledger.CaseUpdated("case-1", 4, made.now, finding=case_finding("post-1", made.now)))
    made.add("acc-1", ledger.CaseUpdated("case-1", 5, made.now, note_ref="note-1"))
    for sizes in ([1], [3], [10]):
        assert folded(made.entries, sizes).rows["cases"]["case-1"].severity == 3
    assert fold.wanted(made.entries[-1:]) == {"cases": ["case-1"]}


def test_the_two_sides_of_a_report_have_one_writer_each() -> None:
    """A report is filed at one account and folded in at another, which may lie in other partitions."""
    filed, folded_in = Ledger(0), Ledger(1)
    filed.add("acc-1", ledger.ReportNoted("report-1", "acc-2", "forwarded", 1000, T0, post="post-1"))
    folded_in.add("acc-2", ledger.CaseOpened("case-1", "post:post-1", "report", False, "reported", T0))
    folded_in.add("acc-2", report_folded("report-1", "case-1", T0))
    assert fold.wanted(filed.entries) == {"report_filings": ["report-1"]}
    assert "report_filings" not in fold.wanted(folded_in.entries)
    assert folded(folded_in.entries).rows["report_foldings"].keys() == {"report-1"}


def test_the_standing_is_the_last_entrys_and_only_accounts_have_one() -> None:
    """Entities that are no accounts are audited, and have no standing."""
    made = Ledger()
    made.add(
        "acc-1",
        ledger.MeritNoted("endorsement", "post-1", "acc-2", made.now),
        standing=standing_of(1, merits=1),
    )
    made.add(
        "acc-1",
        ledger.MeritNoted("endorsement", "post-2", "acc-2", made.now),
        standing=standing_of(2, merits=2),
    )
    rows = folded(made.entries).rows["standings"]
    assert {key: (row.merits, row.sequence) for key, row in rows.items()} == {"acc-1": (2, 2)}


def test_an_outcome_about_an_unknown_row_stops_the_projection() -> None:
    """Skipping it would falsify the audit; the error names the entry."""
    made = Ledger(3)
    made.add("acc-1", ledger.StrikeConfirmed("strike-1", PERSON, made.now, policy_version="p" * 64))
    with pytest.raises(
        CannotApply, match=r"partition 3, offset 0, entity `account:acc-1`.*no row `strike-1`"
    ):
        folded(made.entries)


def test_an_outcome_about_a_purged_row_is_let_pass() -> None:
    """Purging takes rows away on purpose; what comes later finds them gone."""
    made = Ledger()
    made.add("acc-1", ledger.StrikeConfirmed("strike-1", PERSON, made.now, policy_version="p" * 64))
    tables = MemoryTables()
    tables.apply(made.entries, purged=frozenset({"acc-1"}))
    assert tables.rows["strikes"] == {}
    assert tables.rows["standings"].keys() == {"acc-1"}


def test_a_notice_is_told_once() -> None:
    """The first delivery counts, for strikes and sanctions alike.

    A notice about nothing known changes nothing.
    """
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now), sanction_imposed("sanction-1", made.now))
    first = made.now
    for about in ("strike-1", "sanction-1", "nothing", "strike-1"):
        made.add("acc-1", ledger.NoticeNoted(about, None, made.now))
    tables = folded(made.entries)
    assert tables.rows["strikes"]["strike-1"].told_at == first
    assert tables.rows["sanctions"]["sanction-1"].told_at == first + made.step


def test_a_second_row_under_one_id_stops_the_projection() -> None:
    """A ledger that contradicts itself is no ledger."""
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now), strike_issued("strike-1", made.now))
    with pytest.raises(CannotApply, match="has a row `strike-1` already"):
        folded(made.entries)


def test_every_outcome_of_the_ledger_is_taken_up_or_left_on_purpose() -> None:
    """A new kind of outcome must be given a table here, or be named among those that only the audit shows."""
    audit_only = {
        ledger.AccountNoted,
        ledger.MeritNoted,
        ledger.FindingNoted,
        ledger.PostChanged,
        ledger.EpisodeLapsed,
        ledger.ReporterMuted,
        ledger.PostCleared,
        ledger.NoteAdded,
        ledger.ProfileNoted,
        ledger.ProfileReminded,
        ledger.MeritGivenNoted,
        ledger.KeyHeld,
        ledger.KeyDropped,
        ledger.BarNoted,
        ledger.PairNoted,
        ledger.BarMetNoted,
        ledger.NameNoted,
        ledger.PostRemembered,
        ledger.PostForgotten,
        ledger.CampaignLearned,
        ledger.SightingNoted,
        ledger.CampaignEstablished,
        ledger.CampaignSaturated,
        ledger.HostilityNoted,
        ledger.HostilityReceived,
        ledger.BadgeringRaised,
        ledger.PileOnRaised,
        ledger.ContactNoted,
        ledger.Refused,
        ledger.Failed,
    }
    taken_up = {kind for table in fold.TABLES for kind in table.folds}
    assert set(get_args(ledger.Outcome)) - taken_up - audit_only == set()
    assert taken_up & audit_only == set()


def test_notices_are_frozen_into_the_row() -> None:
    """What a notice must say stays as it was decided, whatever the policy says later."""
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    row = folded(made.entries).rows["strikes"]["strike-1"]
    assert NOTICE.facts in row.notice
