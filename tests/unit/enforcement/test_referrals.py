"""Telling law enforcement: by two persons, apart from the account's record, and with the evidence held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from events.ledger import CaseUpdated, ReferralOverdue, ReferralProposed, ReferralSettled, Refused
from services.enforcement.account import ACCOUNT
from services.enforcement.decisions.referrals import REVIEW_WITHIN_H
from services.enforcement.state import REFERRALS_OPEN_MAX, decode_state, encode_state
from tests.unit.enforcement.desk import Desk, found, kinds, outcomes


def threatened(*, emergency: bool = False) -> Desk:
    """A case about a threat, and a referral of it by mod-ann."""
    desk = Desk()
    desk.report("bob", "p1")
    desk.post("p1", found(3, mode="review"))
    refer(desk, desk.case_about("p1").id, emergency=emergency)
    return desk


def refer(desk: Desk, case: str, *, emergency: bool = False, **more: Any) -> list[Any]:
    """A person proposes a referral of a case."""
    outcome = "emergency" if emergency else None
    return desk.decide("propose_referral", "case", case, outcome=outcome, **more)


def proposal(desk: Desk) -> ReferralProposed:
    """The last one."""
    return outcomes(desk.view.entries, ReferralProposed)[-1]


def urgent(desk: Desk) -> bool:
    """Whether the referral's case is."""
    return next(case.urgent for case in desk.state.cases if case.kind == "referral")


def codes(entries: list[Any]) -> list[str]:
    """Why they were refused."""
    return [o.code for o in outcomes(entries, Refused)]


def test_a_referral_names_its_evidence_and_awaits_a_second_person_in_a_case_of_its_own() -> None:
    """The case that it comes from stays as it was."""
    desk = threatened()
    made, case = proposal(desk), desk.case("referral")
    assert (made.case, made.about, made.emergency) == (case.id, desk.case_about("p1").id, False)
    assert made.posts == ("p1",)
    assert made.refs == ("post:p1:1", "report:event-1", f"reason:propose_referral:{made.about}")
    assert made.review_by is None
    assert desk.case_about("p1").open


def test_a_referral_leaves_the_standing_as_it_was() -> None:
    """What an account or the platform can see of itself tells nothing of it: not even the version."""
    desk = Desk()
    desk.post("p1", found(3))
    before = desk.standing
    refer(desk, desk.case().id)
    assert desk.standing == before
    desk.decide("confirm_referral", "case", desk.case("referral").id, by="mod-bea")
    assert desk.standing == before
    assert desk.view.sanctions_of("ann", "referral") == []


def test_a_second_person_confirms_and_the_case_closes() -> None:
    """Who proposed it can't, and neither can somebody without the capability."""
    desk = threatened()
    case = desk.case("referral").id
    assert codes(desk.decide("confirm_referral", "case", case)) == ["second_person_needed"]
    entries = desk.decide("confirm_referral", "case", case, by="bea", capabilities=("cases.restricted",))
    assert codes(entries) == ["capability_missing"]
    (settled,) = outcomes(desk.decide("confirm_referral", "case", case, by="bea"), ReferralSettled)
    assert (settled.referral, settled.result, settled.actor.id) == (
        proposal(desk).referral,
        "confirmed",
        "bea",
    )
    assert desk.state.referrals == ()
    assert all(case.kind != "referral" for case in desk.state.cases)


def test_a_second_person_turns_it_down_by_dismissing_its_case() -> None:
    """With the capability that confirming needs."""
    desk = threatened()
    case = desk.case("referral").id
    less = ("cases.restricted", "referrals.write")
    assert codes(desk.decide("dismiss", "case", case, by="bea", capabilities=less)) == ["capability_missing"]
    (settled,) = outcomes(desk.decide("dismiss", "case", case, by="bea"), ReferralSettled)
    assert settled.result == "dismissed"
    assert refer(desk, desk.case_about("p1").id)  # and may be proposed again
    assert len(desk.state.referrals) == 1


def test_its_case_is_not_confirmed_like_any_other() -> None:
    """Nothing could be struck for it."""
    desk = threatened()
    assert codes(desk.decide("confirm", "case", desk.case("referral").id, by="bea")) == ["not_allowed"]
    assert codes(refer(desk, desk.case("referral").id)) == ["invalid"]


def test_nobody_sees_or_decides_it_without_the_capability_for_restricted_cases() -> None:
    """Not even a note is left there."""
    desk = threatened()
    case = desk.case("referral").id
    less = ("referrals.confirm", "referrals.write")
    for decision in ("confirm_referral", "dismiss", "note", "escalate"):
        assert codes(desk.decide(decision, "case", case, by="bea", capabilities=less)) == [
            "capability_missing"
        ]


def test_proposing_needs_the_capability() -> None:
    """The right to decide isn't enough."""
    desk = Desk()
    desk.report("bob", "p1")
    assert codes(refer(desk, desk.case().id, capabilities=("referrals.confirm",))) == ["capability_missing"]
    assert desk.state.referrals == ()


def test_the_same_case_is_referred_once_at_a_time() -> None:
    """And an account has so many awaiting at most."""
    desk = threatened()
    assert codes(refer(desk, desk.case_about("p1").id)) == ["already_done"]
    for number in range(REFERRALS_OPEN_MAX):
        desk.report(f"bob-{number}", f"q{number}")
        last = codes(refer(desk, desk.case_about(f"q{number}").id))
        assert last == (["invalid"] if number == REFERRALS_OPEN_MAX - 1 else [])
    assert len(desk.state.referrals) == REFERRALS_OPEN_MAX


def test_an_emergency_at_which_nobody_looks_in_time_becomes_urgent_once() -> None:
    """By the log's clock, a day after it was made."""
    desk = threatened(emergency=True)
    made = proposal(desk)
    assert made.review_by == made.effective_at + timedelta(hours=REVIEW_WITHIN_H)
    case = desk.case("referral")
    assert not urgent(desk)
    entries = desk.clock(2)
    assert kinds(entries) == [ReferralOverdue, CaseUpdated]
    assert urgent(desk)
    assert outcomes(entries, ReferralOverdue)[0].effective_at == made.review_by
    assert desk.clock(3) == []
    assert codes(desk.decide("confirm_referral", "case", case.id, by="bea")) == []


def test_an_emergency_at_which_somebody_looked_never_becomes_urgent() -> None:
    """Nothing is due any more."""
    desk = threatened(emergency=True)
    desk.decide("confirm_referral", "case", desk.case("referral").id, by="bea")
    assert desk.clock(3) == []


def test_who_referred_in_an_emergency_does_not_look_at_it_as_the_second_person() -> None:
    """Not to take it back either: it was told already."""
    desk = threatened(emergency=True)
    case = desk.case("referral").id
    assert codes(desk.decide("dismiss", "case", case)) == ["second_person_needed"]
    assert codes(desk.decide("dismiss", "case", case, by="bea")) == []


def test_a_referral_outlives_the_case_that_it_came_from() -> None:
    """What becomes of the strike says nothing about it."""
    desk = threatened()
    desk.decide("dismiss", "case", desk.case_about("p1").id)
    entries = desk.decide("confirm_referral", "case", desk.case("referral").id, by="bea")
    assert codes(entries) == []


def test_the_clocks_deadline_survives_a_restart() -> None:
    """The state that is kept has all of it, and counts it among what is due."""
    desk = threatened(emergency=True)
    restored = decode_state(encode_state(desk.state))
    assert restored == desk.state
    assert proposal(desk).review_by in ACCOUNT.deadlines(restored)
