"""Appeals: what can be appealed by whom and until when, who may answer, and what follows from that."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events.capabilities import ASKED
from events.ledger import (
    AppealDecided,
    AppealFiled,
    CaseClosed,
    PostCleared,
    Refused,
    ReportSettled,
    SanctionLifted,
    StrikeAmended,
    StrikeRemoved,
)
from services.enforcement import appeals
from services.enforcement.appeals import window_end
from services.enforcement.state import SANCTIONS_ENDED_MAX, encode_state
from tests.support.policies import small_policy
from tests.support.signals import day, notice_signal
from tests.unit.enforcement.desk import GUIDELINE, Desk, found, kinds, outcomes

DAYS = small_policy().appeal_days


def refusal(entries: list[Any]) -> str:
    """The code of what was refused; empty where nothing was."""
    return next((str(o.code) for o in outcomes(entries, Refused)), "")


def struck() -> Desk:
    """An account with a strike of s2 by mod-ann, from day 0."""
    desk = Desk()
    desk.strike("p1", 2)
    return desk


def ends_on(desk: Desk) -> int:
    """On which day the suspension ends."""
    until = desk.standing.suspended_until
    assert until is not None
    return (until - day(0)).days


def suspended() -> Desk:
    """An account that mod-ann's strikes of s2 on days 0, 2 and 4 have suspended until day 11."""
    desk = Desk()
    for number in range(3):
        desk.clock(2 * number)
        desk.strike(f"p{number + 1}", 2)
    assert desk.standing.suspended
    return desk


def by_hand(kind: str, **more: Any) -> tuple[Desk, str]:
    """An account with a sanction that mod-ann imposed, and the sanction's id."""
    desk = Desk()
    desk.decide("sanction", sanction_kind=kind, guideline=GUIDELINE, **more)
    return desk, desk.view.sanctions_of("ann", kind)[-1].id


# --- what can be appealed ---------------------------------------------------------------------------------

BY_HAND: dict[str, dict[str, Any]] = {
    "warning": {},
    "suspension": {},
    "content_removal": {"post": "p1", "revision": 1},
    "posting_restriction": {"until": day(9)},
    "link_restriction": {},
    "message_restriction": {},
    "report_restriction": {},
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_every_kind_of_sanction_can_be_appealed_and_is_taken_back(kind: str) -> None:
    """By a second person."""
    desk, about = by_hand(kind, **BY_HAND[kind])
    (entry,) = desk.appeal(about)
    (filed,) = outcomes([entry], AppealFiled)
    assert (filed.about, filed.about_kind, filed.strikes) == (about, kind, ())
    assert refusal(desk.answer("granted", by="mod-ann")) == "second_person_needed"
    (lifted,) = outcomes(desk.answer("granted"), SanctionLifted)
    assert (lifted.sanction, lifted.because, lifted.actor.id) == (about, "overturned", "mod-bea")
    assert not desk.state.sanctions


def test_a_rules_strike_and_its_warning_are_one_outcome() -> None:
    """Told of twice, appealed once; granted, neither is left, and the post is back."""
    desk = Desk()
    desk.post("p1", found(1))
    (warning,) = desk.view.sanctions_of("ann", "warning")
    assert refusal(desk.appeal(warning.id)) == ""
    assert refusal(desk.appeal(desk.row("p1").id)) == "already_done"
    entries = desk.answer("granted")
    assert [o.strike for o in outcomes(entries, StrikeRemoved)] == [desk.row("p1").id]
    assert {o.sanction_kind for o in outcomes(entries, SanctionLifted)} == {"warning", "content_removal"}
    assert (desk.standing.warnings, desk.hidden(), desk.standing.open_cases) == (0, set(), 0)


def test_a_strikes_appeal_and_its_suspensions_are_two() -> None:
    """Each is told of by itself."""
    desk = suspended()
    assert refusal(desk.appeal(desk.row("p1").id)) == ""
    assert refusal(desk.appeal(desk.suspensions()[-1].id)) == ""


def test_a_suspension_that_was_served_can_still_be_appealed() -> None:
    """It was wrong all the same: its strikes fall."""
    desk = suspended()
    desk.clock(12)
    assert not desk.standing.suspended
    assert refusal(desk.appeal(desk.suspensions()[-1].id)) == ""
    desk.answer("granted")
    assert (desk.standing.active_points, desk.standing.total_strikes) == (0, 0)


def test_what_was_waived_can_be_appealed_and_what_was_overturned_cannot() -> None:
    """The one was right, so it counts among the strikes ever given; of the other nothing is left."""
    desk = struck()
    strike = desk.row("p1").id
    desk.decide("waive", "strike", strike)
    assert desk.standing.total_strikes == 1
    desk.appeal(strike)
    desk.answer("granted")
    assert desk.standing.total_strikes == 0
    other = struck()
    other.overturn("p1")
    assert refusal(other.appeal(other.row("p1").id)) == "already_done"


@pytest.mark.parametrize("about", ["unknown", "post:p1"])
def test_what_the_account_has_not_is_unknown_and_changes_nothing(about: str) -> None:
    """So it is for what another account has, too: it isn't known here."""
    desk = struck()
    before = desk.state
    (entry,) = desk.appeal(about)
    assert (kinds([entry]), refusal([entry])) == ([Refused], "unknown_target")
    after = replace(desk.state, sequence=before.sequence, seen=before.seen)
    assert encode_state(after) == encode_state(before)
    strike = desk.row("p1").id
    assert refusal(desk.appeal(strike, account="bob")) == "unknown_target"
    assert desk.state.appeals == ()


@pytest.mark.parametrize("answer", ["granted", "denied", None])
def test_each_outcome_is_appealed_once(answer: str | None) -> None:
    """Whether it was answered or not, and by whomever."""
    desk = struck()
    strike = desk.row("p1").id
    desk.appeal(strike)
    if answer is not None:
        desk.answer(answer)
    assert refusal(desk.appeal(strike, by="platform")) == "already_done"


def test_what_is_made_worse_can_be_appealed_again() -> None:
    """It is another decision, of which the account is told again."""
    desk = Desk()
    desk.post("p1", found(2))
    strike = desk.row("p1").id
    desk.appeal(strike)
    desk.answer("denied")
    desk.post("p1", found(3), revision=2)
    assert refusal(desk.appeal(strike)) == ""
    desk.post("p1", found(4), revision=3)
    assert refusal(desk.appeal(strike)) == "already_done", "one awaits its answer"


def test_appeals_that_await_an_answer_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A further one is refused, and may come again."""
    monkeypatch.setattr(appeals, "APPEALS_OPEN_MAX", 1)
    desk = struck()
    desk.clock(2)
    second = desk.strike("p2", 2)
    desk.appeal(desk.row("p1").id)
    assert refusal(desk.appeal(second)) == "not_allowed"
    desk.answer("denied")
    assert refusal(desk.appeal(second)) == ""


def test_an_appeal_outlives_the_memory_of_what_it_is_about() -> None:
    """It is answered, though nothing is left to undo."""
    desk, about = by_hand("warning")
    desk.appeal(about)
    for _ in range(SANCTIONS_ENDED_MAX):
        desk.decide("sanction", sanction_kind="warning", guideline=GUIDELINE)
    assert all(ended.id != about for ended in desk.state.ended)
    assert refusal(desk.answer("granted", by="mod-ann")) == "second_person_needed"
    assert AppealDecided in kinds(desk.answer("granted"))


# --- until when -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "code"), [(23.99, ""), (24.0, "too_late")])
def test_the_days_count_from_the_notice_and_include_the_last(hour: float, code: str) -> None:
    """In UTC, whatever the hour of the notice."""
    desk = struck()
    strike = desk.row("p1").id
    desk.clock(3.7)
    desk.told(strike)
    desk.clock(3 + DAYS + hour / 24)
    assert refusal(desk.appeal(strike)) == code


@pytest.mark.parametrize(("hour", "code"), [(23.99, ""), (24.0, "too_late")])
def test_without_a_notice_the_days_count_from_when_it_counts_as_told(hour: float, code: str) -> None:
    """A day after it was issued."""
    desk = struck()
    desk.clock(1 + DAYS + hour / 24)
    assert refusal(desk.appeal(desk.row("p1").id)) == code


def test_before_the_account_was_told_it_may_appeal_already() -> None:
    """It may have seen for itself."""
    desk = struck()
    assert refusal(desk.appeal(desk.row("p1").id)) == ""


def test_a_notice_counts_from_when_it_was_received_and_once() -> None:
    """What a producer's clock says takes no day away, and a second notice adds none."""
    desk = struck()
    strike = desk.row("p1").id
    desk.clock(10)
    at = {"received": desk.at}
    desk.send(notice_signal("ann", strike, day(1), event="late", **at))
    assert desk.state.acts[0].appeal_until == day(10 + DAYS + 1)
    desk.clock(20)
    desk.told(strike)
    assert desk.state.acts[0].appeal_until == day(10 + DAYS + 1)


def test_the_window_ends_at_midnight_after_its_last_day() -> None:
    """Exclusive."""
    assert window_end(day(0.999), 3) == day(4)
    assert window_end(day(1), 3) == day(5)


def test_a_strike_that_is_made_worse_is_told_of_again() -> None:
    """The days begin anew."""
    desk = Desk()
    desk.post("p1", found(2))
    strike = desk.row("p1").id
    desk.told(strike)
    desk.clock(DAYS)
    desk.post("p1", found(3), revision=2)
    desk.clock(DAYS + 20)
    assert refusal(desk.appeal(strike)) == ""


# --- the case ---------------------------------------------------------------------------------------------


def test_an_appeal_is_one_case_of_its_own_id_that_is_not_urgent() -> None:
    """At the version that an answer names."""
    desk = struck()
    (entry,) = desk.appeal(desk.row("p1").id)
    (filed,) = outcomes([entry], AppealFiled)
    case = desk.case("appeal")
    assert (case.id, case.version) == (filed.appeal, 1)
    assert not desk.state.cases[-1].urgent
    assert entry.standing.open_cases == 1
    assert entry.standing.version == desk.view.entries[-2].standing.version


@pytest.mark.parametrize("decision", ["confirm", "dismiss", "redecide"])
def test_an_appeal_is_answered_in_no_other_way(decision: str) -> None:
    """Nobody dismisses it like a report."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    assert refusal(desk.decide(decision, "case", desk.case("appeal").id, by="mod-bea")) in (
        "not_allowed",
        "invalid",
    )
    assert len(desk.state.appeals) == 1


def test_no_other_case_is_answered_like_an_appeal() -> None:
    """Even by who may decide appeals."""
    desk = Desk()
    desk.post("p1", found(2))
    case = desk.case_about("p1").id
    assert refusal(desk.decide("decide_appeal", "case", case, by="mod-bea", outcome="granted")) == "invalid"


def test_to_escalate_an_appeal_leaves_it_at_its_version() -> None:
    """Who had looked at it may still answer: nothing about it has changed."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    desk.decide("escalate", "case", desk.case("appeal").id)
    assert desk.case("appeal").version == 1
    assert refusal(desk.answer("denied", version=1)) == ""


def test_the_second_of_two_answers_is_stale() -> None:
    """With the version that the first left."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    case = desk.case("appeal").id
    desk.answer("denied")
    (entry,) = desk.decide("decide_appeal", "case", case, by="mod-cyd", version=1, outcome="granted")
    (refused,) = outcomes([entry], Refused)
    assert (refused.code, refused.current_version) == ("stale", 2)


# --- who may answer ---------------------------------------------------------------------------------------


def test_an_answer_needs_its_capability() -> None:
    """The right to decide isn't enough."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    less = tuple(sorted(ASKED - {"appeals.decide"}))
    assert refusal(desk.answer("granted", capabilities=less)) == "capability_missing"


def test_nobody_answers_who_issued_confirmed_or_changed_it() -> None:
    """Whoever it was, and however many."""
    desk = Desk()
    desk.post("p1", found(3))
    strike = desk.row("p1").id
    desk.decide("confirm", "strike", strike, by="mod-cyd")
    desk.decide("reduce", "strike", strike, by="mod-dan", severity=2)
    desk.appeal(strike)
    for judge in ("mod-cyd", "mod-dan"):
        assert refusal(desk.answer("denied", by=judge)) == "second_person_needed"
    assert refusal(desk.answer("denied")) == ""


def test_a_suspensions_appeal_is_answered_by_nobody_who_struck_what_it_rests_on() -> None:
    """Nor by who confirmed it since the appeal was filed."""
    desk = Desk()
    desk.strike("p1", 2)
    desk.clock(2)
    desk.post("p2", found(2))
    desk.appeal(desk.suspensions()[-1].id)
    assert refusal(desk.answer("denied", by="mod-ann")) == "second_person_needed"
    desk.decide("confirm", "strike", desk.row("p2").id, by="mod-cyd")
    assert refusal(desk.answer("denied", by="mod-cyd")) == "second_person_needed"
    assert refusal(desk.answer("denied")) == ""


def test_a_terminations_appeal_is_answered_by_neither_who_proposed_nor_who_confirmed_it() -> None:
    """Both had their say."""
    desk = Desk()
    desk.decide("propose_termination", guideline=GUIDELINE, by="mod-cyd")
    desk.decide("confirm_termination", by="mod-dan")
    desk.appeal(desk.view.sanctions_of("ann", "termination")[-1].id)
    for judge in ("mod-cyd", "mod-dan"):
        assert refusal(desk.answer("granted", by=judge)) == "second_person_needed"
    desk.answer("granted")
    assert (desk.standing.terminated, desk.standing.suspended) == (False, False)


@pytest.mark.parametrize("who", [{"by": "cyd"}, {"actor_account": "cyd"}])
@pytest.mark.parametrize("before", [True, False])
def test_nobody_answers_who_reported_it(who: dict[str, Any], before: bool) -> None:
    """Whether the report was answered before the appeal, or waits; by whichever name they are known."""
    desk = Desk()
    desk.post("p1", found(2))
    strike = desk.row("p1").id
    if before:
        desk.report("cyd", "p1")
        desk.confirm("p1")
        assert desk.view.cases_of("ann")[-1].result == "confirmed"
    desk.appeal(strike)
    if not before:
        desk.report("cyd", "p1")
    assert refusal(desk.answer("denied", **who)) == "involved"
    assert refusal(desk.answer("denied")) == ""


@pytest.mark.parametrize("who", [{"by": "ann"}, {"actor_account": "ann"}])
def test_nobody_answers_their_own_appeal(who: dict[str, Any]) -> None:
    """Whatever they may else."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    assert refusal(desk.answer("granted", **who)) == "involved"


def test_nobody_answers_who_was_the_target() -> None:
    """Whom the post was aimed at."""
    desk = struck()
    act = replace(desk.state.acts[0], targets=("cyd",))
    desk.world.states["account:ann"] = replace(desk.state, acts=(act,))
    desk.appeal(act.strike)
    assert refusal(desk.answer("denied", actor_account="cyd")) == "involved"


# --- what follows -----------------------------------------------------------------------------------------


def test_granted_about_a_strike_it_is_overturned_by_who_answered() -> None:
    """With all that follows from it, in one entry: the end of the suspension, the content, the case."""
    desk = suspended()
    desk.appeal(desk.row("p1").id)
    (entry,) = desk.answer("granted")
    (removed,) = outcomes([entry], StrikeRemoved)
    assert (removed.status, removed.actor.id) == ("overturned", "mod-bea")
    (answer,) = outcomes([entry], AppealDecided)
    assert (answer.outcome, answer.strikes, answer.version) == ("granted", (removed.strike,), 2)
    assert answer.reason_ref is not None
    assert [o.result for o in outcomes([entry], CaseClosed)] == ["granted"]
    assert (desk.standing.active_points, ends_on(desk)) == (4, 5)
    assert desk.hidden() == {"p2", "p3"}
    assert desk.state.appeals == ()


def test_granted_about_what_was_overturned_meanwhile_nothing_more_follows() -> None:
    """The account is still owed an answer."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    desk.overturn("p1")
    (entry,) = desk.answer("granted")
    assert kinds([entry]) == [AppealDecided, CaseClosed]


def test_granted_about_removed_content_its_strike_falls_and_the_post_is_cleared() -> None:
    """The post broke no guideline, so it isn't hidden again for the same."""
    desk = Desk()
    desk.post("p1", found(2))
    (removal,) = desk.view.sanctions_of("ann", "content_removal")
    desk.appeal(removal.id)
    entries = desk.answer("granted")
    assert [o.restored for o in outcomes(entries, SanctionLifted)] == [True]
    assert [o.post for o in outcomes(entries, PostCleared)] == ["p1"]
    assert (desk.standing.active_points, desk.hidden()) == (0, set())


def test_granted_about_content_that_reports_hid_it_stays_visible() -> None:
    """Reports of the same revision don't hide it again."""
    desk = Desk()
    for number in range(3):
        desk.report(f"r{number}", "p1")
    assert desk.hidden() == {"p1"}
    desk.appeal(desk.view.sanctions_of("ann", "content_removal")[-1].id)
    desk.answer("granted")
    assert desk.hidden() == set()
    desk.report("r9", "p1")
    assert desk.hidden() == set()


def test_granted_about_a_termination_by_points_its_strikes_fall_too() -> None:
    """Nothing is left of what led there."""
    desk = Desk()
    for number in range(3):
        desk.clock(2 * number)
        desk.strike(f"p{number}", 3)
    assert desk.standing.termination_proposed
    desk.decide("confirm_termination", by="mod-dan")
    desk.appeal(desk.view.sanctions_of("ann", "termination")[-1].id)
    desk.answer("granted")
    assert (desk.standing.terminated, desk.standing.suspended, desk.standing.active_points) == (
        False,
        False,
        0,
    )
    assert desk.state.proposal is None


def test_granted_about_a_termination_that_a_person_proposed_the_strikes_stand() -> None:
    """What is imposed by hand stands on its own, and falls alone."""
    desk = struck()
    desk.decide("propose_termination", guideline=GUIDELINE)
    (held,) = desk.suspensions("termination_proposal")
    desk.appeal(held.id)
    desk.answer("granted")
    assert (desk.standing.suspended, desk.standing.active_points) == (False, 2)


def test_granted_in_part_the_named_strike_falls_and_the_rest_is_recomputed() -> None:
    """At the times that it had."""
    desk = suspended()
    desk.clock(4.5)
    desk.appeal(desk.suspensions()[-1].id)
    entries = desk.answer("partly_granted", strikes=(desk.row("p1").id,))
    assert [o.strike for o in outcomes(entries, StrikeRemoved)] == [desk.row("p1").id]
    assert (desk.standing.active_points, ends_on(desk)) == (4, 5)
    assert [o.outcome for o in outcomes(entries, AppealDecided)] == ["partly_granted"]


def test_granted_in_part_a_strike_is_reduced() -> None:
    """To what is named."""
    desk = struck()
    desk.appeal(desk.row("p1").id)
    entries = desk.answer("partly_granted", severity=1)
    assert [o.severity for o in outcomes(entries, StrikeAmended)][:1] == [1]
    assert [o.severity for o in outcomes(entries, AppealDecided)] == [1]
    assert desk.state.acts[0].severity == 1


def test_granted_in_part_a_sanction_ends_earlier() -> None:
    """At the named time; it stays otherwise."""
    desk, about = by_hand("suspension", until=day(9))
    desk.appeal(about)
    desk.answer("partly_granted", until=day(4))
    assert desk.standing.suspended_until == day(4)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"strikes": ("unknown",)},
        {"severity": 1},
        {"strikes": ("all",)},
        {"until": day(99)},
        {"until": day(5), "severity": 1},
    ],
)
def test_what_cannot_be_granted_in_part_is_refused_and_changes_nothing(wrong: dict[str, Any]) -> None:
    """Of a suspension: another's strike, all of its strikes, a severity, a later end, or nothing said."""
    desk = suspended()
    sanction = desk.suspensions()[-1]
    desk.appeal(sanction.id)
    before = desk.state
    if wrong.get("strikes") == ("all",):
        wrong = {"strikes": sanction.strikes}
    assert refusal(desk.answer("partly_granted", **wrong)) == "invalid"
    after = replace(desk.state, sequence=before.sequence, seen=before.seen)
    assert encode_state(after) == encode_state(before)


def test_denied_it_stands() -> None:
    """And the account reads why."""
    desk = suspended()
    desk.appeal(desk.suspensions()[-1].id)
    (entry,) = desk.answer("denied")
    assert kinds([entry]) == [AppealDecided, CaseClosed]
    assert outcomes([entry], AppealDecided)[0].reason_ref is not None
    assert (desk.standing.active_points, ends_on(desk)) == (6, 11)


def test_a_reporter_who_was_right_is_told_that_it_was_no_violation() -> None:
    """Once, and it counts no more for them."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.report("bob", "p1")
    desk.confirm("p1")
    assert desk.world.states["account:bob"].reports_upheld == 1
    desk.appeal(desk.row("p1").id)
    settled = outcomes(desk.answer("granted"), ReportSettled)
    assert [(o.outcome, o.instead_of) for o in settled] == [("dismissed_in_good_faith", "upheld")]
    assert desk.world.states["account:bob"].reports_upheld == 0
    assert [report.outcome for report in desk.state.answered] == ["dismissed_in_good_faith"]


def test_a_strike_overturned_by_hand_is_told_to_its_reporters_as_well() -> None:
    """It makes no difference to them who found the mistake."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.report("bob", "p1")
    desk.confirm("p1")
    assert [o.instead_of for o in outcomes(desk.overturn("p1"), ReportSettled)] == ["upheld"]
