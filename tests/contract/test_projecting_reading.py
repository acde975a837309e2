"""What the read side answers, on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from events import ledger, signals
from events.ids import account_entity, derived_id
from services.projecting.purge import purge
from services.runtime import reading
from tests.support.entries import (
    CLOCK,
    PERSON,
    POLICY,
    RULE,
    T0,
    Ledger,
    case_finding,
    post_signal,
    random_history,
    report_folded,
    sanction_imposed,
    sanction_lifted,
    standing_of,
    strike_amended,
    strike_issued,
)
from tests.support.projecting import apply, connected, migrated

pytestmark = pytest.mark.kafka

DAY = timedelta(days=1)


def story() -> Ledger:
    """Day 0 a strike and a suspension of a day.

    The suspension's end is noted an hour late; day 10 the strike is overturned.
    """
    made = Ledger(step=timedelta())
    strike = strike_issued("strike-1", T0, severity=2)
    suspension = sanction_imposed("sanction-1", T0, strikes=("strike-1",))
    made.add("acc-1", strike, suspension, standing=_standing(1, points=2, until=T0 + DAY))
    made.now = T0 + DAY + timedelta(hours=1)
    made.add("acc-1", sanction_lifted("sanction-1", T0 + DAY), standing=_standing(2, points=2))
    made.now = T0 + 10 * DAY
    made.add(
        "acc-1",
        ledger.StrikeRemoved("strike-1", "overturned", PERSON, "reason-1", made.now),
        standing=_standing(3, points=0),
    )
    return made


def _standing(version: int, *, points: int, until: object = None) -> ledger.Standing:
    return standing_of(
        version,
        active_points=points,
        active_strikes=1 if points else 0,
        suspended=until is not None,
        suspended_until=until,
        restrictions=(),
    )


async def test_a_standing_carries_its_position_and_lists_warnings_apart(database: str) -> None:
    """The present: numbers, strikes, warnings and sanctions, as of a ledger position."""
    await migrated(database)
    made = story()
    made.add(
        "acc-1", strike_issued("warning-1", made.now, counts_as="warning"), standing=_standing(4, points=0)
    )
    await apply(database, made.entries)
    async with connected(database) as db:
        answer = await reading.standing(db, "acc-1")
    now = answer.now
    assert now is not None
    assert (now.partition, now.ledger_offset, now.sequence) == (0, 3, 4)
    assert (now.reading, now.active_points, now.suspended) == ("now", 0, False)
    assert [strike.strike for strike in now.strikes] == ["strike-1"]
    assert [strike.strike for strike in now.warnings_given] == ["warning-1"]
    assert now.strikes[0].evidence["rule"] == "no-spam.links"
    assert [(s.sanction, s.status) for s in now.sanctions] == [("sanction-1", "lifted")]


async def test_as_of_answers_as_recorded_and_as_in_effect_and_they_differ(database: str) -> None:
    """Half an hour after the suspension's end, and half an hour before that became known."""
    await migrated(database)
    await apply(database, story().entries)
    async with connected(database) as db:
        answer = await reading.standing(db, "acc-1", T0 + DAY + timedelta(minutes=30))
    recorded, in_effect = answer.as_recorded, answer.in_effect
    assert recorded is not None
    assert in_effect is not None
    assert (recorded.reading, recorded.suspended, recorded.sanctions[0].status, recorded.sequence) == (
        "as_recorded",
        True,
        "in_force",
        1,
    )
    assert (in_effect.reading, in_effect.suspended, in_effect.sanctions[0].status, in_effect.sequence) == (
        "in_effect",
        False,
        "lifted",
        2,
    )
    assert in_effect.exact


async def test_as_of_shows_a_strike_as_it_was_before_it_was_overturned(database: str) -> None:
    """Two days on, the strike still counted; today it doesn't."""
    await migrated(database)
    await apply(database, story().entries)
    async with connected(database) as db:
        then = await reading.standing(db, "acc-1", T0 + 2 * DAY)
        today = await reading.standing(db, "acc-1")
    assert then.as_recorded is not None
    assert then.in_effect is not None
    assert today.now is not None
    assert [s.status for s in then.as_recorded.strikes] == ["active"]
    assert [s.status for s in then.in_effect.strikes] == ["active"]
    assert (then.as_recorded.active_points, then.in_effect.active_points, then.in_effect.active_strikes) == (
        2,
        2,
        1,
    )
    assert [s.status for s in today.now.strikes] == ["overturned"]


async def test_an_expiry_that_nobody_has_noted_yet_is_in_effect_and_said_to_be_inexact(database: str) -> None:
    """The strike's own end counts, though the clock hasn't come by.

    The points are those of the last entry.
    """
    await migrated(database)
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", T0), standing=_standing(1, points=1))
    await apply(database, made.entries)
    async with connected(database) as db:
        answer = await reading.standing(db, "acc-1", T0 + 91 * DAY)
    assert answer.in_effect is not None
    assert [s.status for s in answer.in_effect.strikes] == ["expired"]
    assert (answer.in_effect.active_strikes, answer.in_effect.exact) == (0, False)


async def test_before_the_first_entry_there_is_nothing(database: str) -> None:
    """Both readings are empty; the account is known all the same."""
    await migrated(database)
    await apply(database, story().entries)
    async with connected(database) as db:
        answer = await reading.standing(db, "acc-1", T0 - DAY)
    assert (answer.as_recorded, answer.in_effect) == (None, None)


async def test_what_isnt_there_is_named_as_not_found(database: str) -> None:
    """Accounts, cases, strikes and contents; a purged account is told apart."""
    await migrated(database)
    await apply(database, story().entries)
    async with connected(database) as db:
        with pytest.raises(reading.NotFound, match="about account `nobody`"):
            await reading.standing(db, "nobody")
        with pytest.raises(reading.NotFound, match="about account `nobody`"):
            await reading.standing(db, "nobody", T0)
        with pytest.raises(reading.NotFound, match="about account `nobody`"):
            await reading.audit(db, "nobody")
        with pytest.raises(reading.NotFound, match="no case `case-9`"):
            await reading.case(db, "case-9")
        with pytest.raises(reading.NotFound, match="no strike or sanction `strike-9`"):
            await reading.explain(db, "strike-9")
        with pytest.raises(reading.NotFound, match="no content `ref-9`"):
            await reading.contents(db, "ref-9")
        await purge(db, "acc-1")
        with pytest.raises(reading.NotFound, match="was purged"):
            await reading.standing(db, "acc-1")
        assert len((await reading.audit(db, "acc-1")).rows) == 3


async def test_pages_are_walked_by_key_and_miss_nothing(database: str) -> None:
    """Page by page gives what one large page gives, filters included."""
    await migrated(database)
    await apply(database, random_history(Random(12), 300, accounts=3))
    async with connected(database) as db:

        async def walk(question: Any, **filters: Any) -> list[Any]:
            rows: list[Any] = []
            after = None
            while True:
                page = await question(db, after=after, limit=7, **filters)
                rows += page.rows
                after = page.next
                if after is None:
                    return rows

        questions: list[tuple[Any, dict[str, Any]]] = [
            (reading.strikes, {}),
            (reading.strikes, {"account": "acc-0-1", "counts_as": "warning"}),
            (reading.strikes, {"status": "overturned", "guideline": "no-spam"}),
            (reading.sanctions, {"kind": "suspension", "origin": "ladder"}),
            (reading.sanctions, {"account": "acc-0-0", "status": "in_force"}),
            (reading.cases, {"status": "open"}),
            (reading.cases, {"account": "acc-0-2", "kind": "finding", "urgent": False}),
        ]
        for question, filters in questions:
            whole = await question(db, limit=1000, **filters)
            assert await walk(question, **filters) == list(whole.rows)
            assert whole.rows
        first = await reading.audit(db, "acc-0-1", limit=10)
        rest = await reading.audit(db, "acc-0-1", before_sequence=int(first.next or 0), limit=1000)
        sequences = [row.sequence for row in (*first.rows, *rest.rows)]
        assert sequences == list(range(len(sequences), 0, -1))


async def test_a_place_to_go_on_from_that_is_made_up_is_refused(database: str) -> None:
    """The caller is told what to pass."""
    await migrated(database)
    async with connected(database) as db:
        with pytest.raises(ValueError, match="`yesterday` is no place to go on from"):
            await reading.strikes(db, after="yesterday")
        with pytest.raises(ValueError, match="page of 0 rows"):
            await reading.strikes(db, limit=0)


async def test_a_case_shows_its_findings_and_reports(database: str) -> None:
    """Everything that the person who answers it needs, with the version to name."""
    await migrated(database)
    made = Ledger()
    made.add(
        "acc-1",
        ledger.CaseOpened("case-1", "post:post-1", "finding", True, "looks like spam", made.now),
        ledger.CaseUpdated("case-1", 2, made.now, finding=case_finding("post-1", made.now)),
        report_folded("report-1", "case-1", made.now),
    )
    made.add(
        "acc-reporter",
        ledger.ReportNoted("report-1", "acc-1", "forwarded", 1000, made.now, post="post-1", revision=1),
    )
    await apply(database, made.entries)
    async with connected(database) as db:
        file = await reading.case(db, "case-1")
    assert (file.case.version, file.case.urgent, file.case.report_count) == (2, True, 1)
    assert file.case.findings[0]["guideline"] == "no-spam"
    assert [(r.report, r.reporter, r.post, r.result) for r in file.reports] == [
        ("report-1", "acc-reporter", "post-1", "forwarded")
    ]


async def test_an_explanation_walks_the_chain_of_causes_to_the_first_event(database: str) -> None:
    """A report at its reporter's account, forwarded to its subject's, where it led to a strike."""
    await migrated(database)
    reporters, subjects = Ledger(0), Ledger(1)
    first = post_signal("acc-reporter", "event-1", T0, 41)
    second = msgspec.structs.replace(
        post_signal("acc-1", "event-1", T0, 41),
        id=derived_id(account_entity("acc-1"), first.id, "report", 0),
        causation_id=first.id,
        actor=signals.Actor("account", "acc-reporter"),
    )
    reporters.add(
        "acc-reporter",
        ledger.ReportNoted("report-1", "acc-1", "forwarded", 1000, T0),
        cause=first,
        emitted=(second,),
    )
    subjects.add("acc-1", standing=_standing(1, points=3), cause=post_signal("acc-1", "event-0", T0))
    issued = msgspec.structs.replace(strike_issued("strike-1", T0, severity=2), actor=PERSON)
    subjects.add(
        "acc-1",
        issued,
        sanction_imposed("sanction-1", T0, strikes=("strike-1",)),
        cause=second,
        standing=_standing(2, points=5),
    )
    await apply(database, [*reporters.entries, *subjects.entries])
    async with connected(database) as db:
        why = await reading.explain(db, "strike-1")
        sanction = await reading.explain(db, "sanction-1")
    assert (why.kind, why.guideline, why.policy_version) == ("strike", "no-spam", POLICY)
    assert (why.points_before, why.points_after, why.decided_by) == (3, 5, "person:mod-ann")
    assert why.evidence["content_ref"] == "content-1"
    assert [(cause.entity, cause.cause_id) for cause in why.chain] == [
        ("account:acc-1", second.id),
        ("account:acc-reporter", first.id),
    ]
    assert why.origin is not None
    assert (why.origin.topic, why.origin.offset, why.origin.event) == ("posts", 41, "event-1")
    assert (sanction.kind, [strike.strike for strike in sanction.strikes]) == ("sanction", ["strike-1"])
    assert sanction.chain == why.chain


async def test_positions_say_how_far_the_projection_has_come(database: str) -> None:
    """Per partition: the next offset, and the last entry applied."""
    await migrated(database)
    for partition in (0, 1):
        await apply(database, random_history(Random(1), 5, partition=partition))
    async with connected(database) as db:
        found = await reading.positions(db)
    assert [(p.partition, p.next, p.ledger_offset, p.build) for p in found] == [(0, 5, 4, 1), (1, 5, 4, 1)]


async def test_an_audit_entry_shows_the_exact_entry(database: str) -> None:
    """Who, why, by which policy and build; the entry as it was written, and its hash."""
    await migrated(database)
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", T0), strike_amended("strike-1", T0))
    made.add("acc-1", ledger.StrikeExpired("strike-1", T0), cause=_tick())
    await apply(database, made.entries)
    async with connected(database) as db:
        [second, first] = (await reading.audit(db, "acc-1")).rows
    assert first.outcomes == ("strike_issued", "strike_amended")
    assert (first.actor_kind, first.actor_id) == (RULE.kind, RULE.id)
    assert (second.cause_kind, second.origin_topic, second.emitted) == ("tick", None, ())
    assert second.entry["previous"] == first.sha256
    assert first.data == made.entries[0].data


def _tick() -> signals.Signal:
    """A tick without origin."""
    return signals.Signal(
        "tick-1", "partition:0", T0, T0, CLOCK, "tick-1", "tick-1", POLICY, signals.Tick(T0)
    )
