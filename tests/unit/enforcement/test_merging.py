"""A person's record goes on at their new account, without fault."""

from __future__ import annotations

from typing import Any

import pytest

from events.capabilities import ASKED
from events.ids import carried_strike
from events.ledger import MergeNoted, Refused, ReportSettled, SanctionImposed, Standing
from events.signals import AppealFiled, RecordReturned, ReturnedStrike
from services.enforcement import merging
from services.enforcement.decisions import identities
from services.enforcement.state import AccountState
from tests.support.signals import day, decided, decision_signal, post_signal, posted, signal
from tests.unit.enforcement.desk import GUIDELINE, OTHER, Desk, found, outcomes

NEW = "ann-2"


def standing(desk: Desk, account: str = NEW) -> Standing:
    """Of the new account."""
    found_standing: Standing = desk.view.standing(account)
    return found_standing


def state(desk: Desk, account: str = NEW) -> AccountState:
    """Of the new account."""
    found_state: AccountState = desk.world.states[f"account:{account}"]
    return found_state


def decide(desk: Desk, account: str, decision: str, kind: str, target: str, **more: Any) -> list[Any]:
    """A person decides about some account."""
    seen = desk.view.version(kind, target, account)
    body = decided(account, decision, kind, target, seen, **more)
    return desk.send(decision_signal(account, body, desk.at, desk.event()))


def merge(desk: Desk, **more: Any) -> list[Any]:
    """Ann goes on with her new account."""
    return desk.decide("merge", other=NEW, **more)


def codes(entries: list[Any]) -> list[str]:
    """Why they were refused."""
    return [o.code for o in outcomes(entries, Refused)]


def record() -> Desk:
    """A warning, and two strikes of two episodes; no sanction is in force any more."""
    desk = Desk()
    desk.strike("p1", 1)
    desk.clock(2)
    desk.strike("p2", 2)
    desk.clock(10)
    desk.strike("p3", 1)
    desk.clock(30)
    assert not desk.standing.suspended
    return desk


def test_the_record_counts_at_the_new_account_as_it_did_at_the_former() -> None:
    """Points, warnings, and when they fall away."""
    desk = record()
    before = desk.standing
    merge(desk)
    after = standing(desk)
    for name in ("active_points", "confirmed_points", "active_strikes", "warnings", "total_strikes", "rung"):
        assert getattr(after, name) == getattr(before, name), name
    ends = {act.expires_at for act in desk.state.acts}
    assert {act.expires_at for act in state(desk).acts} == ends
    assert state(desk).links == ("ann",)
    assert desk.state.links == (NEW,)
    desk.clock(400)
    assert standing(desk).active_points == 0


def test_nothing_is_imposed_by_it() -> None:
    """However many points come together: it is nobody's fault."""
    desk = record()
    body = posted(NEW, "n1", found(2, OTHER))
    desk.send(post_signal(NEW, body, desk.at, event=desk.event()))
    entries = merge(desk)
    assert outcomes(entries, SanctionImposed) == []
    assert not standing(desk).suspended


def test_the_next_strike_climbs_from_what_came_along() -> None:
    """A new account is no clean sheet."""
    desk = record()
    merge(desk)
    desk.clock(40)
    decide(desk, NEW, "strike", "account", "", guideline=OTHER, case="s2", post="n1", revision=1)
    assert standing(desk).active_points == desk.standing.active_points + 2
    assert standing(desk).suspended


def test_a_first_act_is_no_first_again() -> None:
    """Who was warned before is not warned as a new member."""
    desk = record()
    merge(desk)
    desk.clock(40)
    decide(desk, NEW, "strike", "account", "", guideline=GUIDELINE, case="s1", post="n1", revision=1)
    assert state(desk).acts[-1].counts_as == "strike"


def test_what_went_along_is_decided_about_there() -> None:
    """At the former account it is refused, with the strike's id at the new one."""
    desk = record()
    strike = desk.row("p2").id
    merge(desk)
    (entry,) = desk.decide("overturn", "strike", strike)
    (refused,) = outcomes([entry], Refused)
    there = carried_strike(NEW, strike)
    assert refused.code == "not_allowed"
    assert f"`{there}`" in refused.remedy
    before = standing(desk).active_points
    decide(desk, NEW, "overturn", "strike", there)
    assert standing(desk).active_points == before - 2


def test_unlinking_takes_it_back() -> None:
    """Decided at the former account; the new one is rid of what had come along, and keeps its own."""
    desk = record()
    merge(desk)
    decide(desk, NEW, "strike", "account", "", guideline=OTHER, case="s2", post="n1", revision=1)
    assert codes(decide(desk, NEW, "unlink", "account", "", other="ann")) == ["not_allowed"]
    before = desk.standing
    desk.decide("unlink", other=NEW)
    assert (standing(desk).active_points, standing(desk).active_strikes) == (2, 1)
    assert (state(desk).merged_from, desk.state.merged_into) == ((), None)
    assert (state(desk).apart, desk.state.apart) == (("ann",), (NEW,))
    assert desk.standing.active_points == before.active_points
    assert codes(desk.decide("overturn", "strike", desk.row("p2").id)) == []


@pytest.mark.parametrize("kind", ["suspension", "posting_restriction"])
def test_a_sanction_in_force_is_no_ones_to_get_round(kind: str) -> None:
    """Neither is a proposed termination."""
    desk = Desk()
    desk.decide("sanction", sanction_kind=kind, guideline=GUIDELINE, until=day(9))
    assert codes(merge(desk)) == ["not_allowed"]
    desk.clock(10)
    desk.decide("propose_termination", guideline=GUIDELINE)
    assert codes(merge(desk)) == ["not_allowed"]


def test_open_cases_are_answered_first() -> None:
    """The one about these two accounts apart."""
    desk = Desk()
    desk.post("p1", found(2))
    assert codes(merge(desk)) == ["not_allowed"]
    desk.decide("dismiss", "case", desk.case().id)
    assert codes(merge(desk)) == []


def test_a_record_of_more_than_one_signal_takes_is_not_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, so that somebody looks at it."""
    monkeypatch.setattr(identities, "CARRIED_MAX", 2)
    assert codes(merge(record())) == ["invalid"]


def test_a_strike_that_finds_no_room_at_the_new_account_is_not_dropped_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A person is told how many of them there are."""
    desk = record()
    monkeypatch.setattr(merging, "room_for_act", lambda held, _: not held.acts)
    merge(desk)
    assert len(state(desk).acts) == 1
    (case,) = state(desk).cases
    assert (case.kind, case.subject) == ("link", "link:ann")


def test_a_record_goes_on_at_one_account_and_never_in_a_circle() -> None:
    """Nor at itself."""
    desk = record()
    assert codes(desk.decide("merge", other="ann")) == ["invalid"]
    merge(desk)
    assert codes(merge(desk)) == ["already_done"]
    assert codes(decide(desk, NEW, "merge", "account", "", other="ann")) == ["invalid"]


def test_a_record_that_is_carried_to_a_former_account_is_asked_about() -> None:
    """It goes no further by itself: records could go round in circles."""
    desk = record()
    merge(desk)
    decide(desk, NEW, "merge", "account", "", other="ann-3")
    body = decided("old", "merge", "account", "", 0, other=NEW)
    desk.send(decision_signal("old", body, desk.at, desk.event()))
    (case,) = [row for row in desk.view.cases_of(NEW) if row.open]
    assert (case.kind, case.subject) == ("link", "link:old")


def test_the_same_signal_again_carries_nothing_twice() -> None:
    """Redelivery is the normal case."""
    desk = record()
    entries = merge(desk)
    sent = [signal for entry in entries for signal in entry.emitted]
    assert sent
    assert desk.send(*sent) == []


def test_both_sides_say_what_went_along() -> None:
    """By the ids that it had at the former account."""
    desk = record()
    here, there = outcomes(merge(desk), MergeNoted)
    assert (here.other, here.into, here.merged) == (NEW, True, True)
    assert (there.other, there.into, there.merged) == ("ann", False, True)
    assert here.strikes == there.strikes == tuple(desk.row(post).id for post in ("p1", "p2", "p3"))


def test_what_went_along_is_appealed_there() -> None:
    """By the id that it has at the new account; at the former one it is refused."""
    desk = record()
    merge(desk)
    strike = desk.row("p2").id
    there = carried_strike(NEW, strike)
    (refused,) = outcomes(desk.signal(AppealFiled("ann", "a1", strike, "account", None)), Refused)
    assert (refused.code, f"`{there}`" in refused.remedy) == ("not_allowed", True)
    body = AppealFiled(NEW, "a2", there, "account", None)
    desk.send(signal(f"account:{NEW}", desk.event(), body, desk.at))
    assert [appeal.about for appeal in state(desk).appeals] == [there]


def there(desk: Desk, post: str = "p2") -> str:
    """The id at the new account of what a post was struck for."""
    return carried_strike(NEW, desk.row(post).id)


def decide_by(desk: Desk, by: str, decision: str, kind: str, target: str, **more: Any) -> list[Any]:
    """A certain person decides about the new account."""
    body = decided(NEW, decision, kind, target, desk.view.version(kind, target, NEW), **more)
    return desk.send(decision_signal(NEW, body, desk.at, desk.event(), by=by))


def test_who_judged_what_went_along_does_not_answer_its_appeal() -> None:
    """All that had to do with it, not only who stands behind it now."""
    desk = record()
    desk.decide("reduce", "strike", desk.row("p2").id, severity=1, by="mod-cid")
    merge(desk)
    desk.appeal(there(desk), NEW)
    case = state(desk).appeals[-1].id
    for by in ("mod-ann", "mod-cid"):
        entries = decide_by(desk, by, "decide_appeal", "case", case, outcome="granted")
        assert codes(entries) == ["second_person_needed"], by
    assert codes(decide_by(desk, "mod-bea", "decide_appeal", "case", case, outcome="granted")) == []


def test_who_reported_what_went_along_has_no_say_in_it() -> None:
    """And is told, once, if it turns out that it was no violation."""
    desk = Desk()
    desk.report("bob", "p1")
    desk.decide("confirm", "case", desk.case().id, guideline=OTHER, case="s2", severity=2, revision=1)
    merge(desk)
    strike = there(desk, "p1")
    assert codes(decide(desk, NEW, "overturn", "strike", strike, actor_account="bob")) == ["involved"]
    overturned = decide(desk, NEW, "overturn", "strike", strike, actor_account="dan")
    told = [o for entry in overturned for o in entry.outcomes if isinstance(o, ReportSettled)]
    assert [(o.outcome, o.instead_of) for o in told] == [("dismissed_in_good_faith", "upheld")]
    assert outcomes(desk.decide("unlink", other=NEW), ReportSettled) == []
    assert not desk.state.acts[0].survives
    assert [report.outcome for report in desk.state.answered] == ["dismissed_in_good_faith"]


def test_what_was_appealed_is_not_appealed_again_after_a_merge() -> None:
    """One appeal is heard about each outcome."""
    desk = record()
    desk.appeal(desk.row("p2").id)
    desk.answer("denied")
    merge(desk)
    assert codes(desk.appeal(there(desk), NEW)) == ["already_done"]
    assert codes(desk.appeal(there(desk, "p3"), NEW)) == []


def test_the_time_to_appeal_is_not_begun_anew_by_a_merge() -> None:
    """It runs from when the account was told, the last day included."""
    desk = record()
    desk.told(desk.row("p3").id)
    until = desk.state.acts[-1].appeal_until
    assert until is not None
    merge(desk)
    assert state(desk).acts[-1].appeal_until == until
    desk.clock((until - day(0)).days + 1)
    assert codes(desk.appeal(there(desk, "p3"), NEW)) == ["too_late"]
    desk = record()
    desk.told(desk.row("p3").id)
    merge(desk)
    desk.clock((until - day(0)).days - 1)
    assert codes(desk.appeal(there(desk, "p3"), NEW)) == []


def test_what_came_of_a_restricted_case_needs_its_capability_at_the_new_account_too() -> None:
    """It is no less delicate there."""
    desk = Desk()
    desk.report("bob", "p1", "child-safety")
    desk.decide("confirm", "case", desk.case().id, guideline=OTHER, case="s2", severity=2, revision=1)
    merge(desk)
    strike = there(desk, "p1")
    less = tuple(sorted(ASKED - {"cases.restricted"}))
    assert codes(decide(desk, NEW, "overturn", "strike", strike, capabilities=less)) == ["capability_missing"]
    assert codes(decide(desk, NEW, "overturn", "strike", strike)) == []


def test_what_fell_meanwhile_falls_at_the_former_account_when_it_is_taken_back() -> None:
    """On appeal, at discretion, or in part; what still stood there counts again as it did."""
    desk = record()
    merge(desk)
    decide_by(desk, "mod-bea", "waive", "strike", there(desk, "p3"))
    desk.appeal(there(desk), NEW)
    case = state(desk).appeals[-1].id
    decide_by(desk, "mod-bea", "decide_appeal", "case", case, outcome="granted")
    desk.decide("unlink", other=NEW)
    assert [act.status for act in desk.state.acts] == ["active", "overturned", "waived"]
    assert (desk.standing.active_points, desk.standing.warnings) == (0, 1)
    assert "p2" not in desk.hidden()
    assert standing(desk).active_points == 0


def test_what_was_reduced_meanwhile_stays_reduced() -> None:
    """At the price that it would have had at the former account from the beginning."""
    desk = record()
    before = desk.standing.active_points
    merge(desk)
    decide_by(desk, "mod-bea", "reduce", "strike", there(desk), severity=1)
    desk.decide("unlink", other=NEW)
    assert desk.state.acts[1].severity == 1
    assert desk.standing.active_points < before


def test_an_appeal_that_is_open_when_a_record_goes_back_is_not_lost() -> None:
    """A person is asked at the account that the strike is back at."""
    desk = record()
    merge(desk)
    desk.appeal(there(desk), NEW)
    desk.decide("unlink", other=NEW)
    (case,) = [row for row in desk.view.cases_of("ann") if row.open]
    assert (case.kind, case.subject) == ("strike", "post:p2")
    assert desk.state.acts[1].survives


def test_what_is_taken_back_after_it_went_on_is_asked_about() -> None:
    """It went along to a third account, where it stays until a person has looked."""
    desk = record()
    merge(desk)
    decide(desk, NEW, "merge", "account", "", other="ann-3")
    desk.decide("unlink", other=NEW)
    (case,) = [row for row in desk.view.cases_of(NEW) if row.open]
    assert (case.kind, case.subject) == ("link", "link:ann-3")


def test_what_comes_back_after_the_record_went_on_again_is_asked_about() -> None:
    """It counts elsewhere by then: a person looks whether it still should."""
    desk = record()
    merge(desk)
    decide(desk, NEW, "overturn", "strike", there(desk))
    strikes = (ReturnedStrike(there(desk), "overturned", GUIDELINE, "s2", 2),)
    desk.signal(RecordReturned("ann", NEW, strikes, None))
    assert [act.status for act in desk.state.acts] == ["active", "overturned", "active"]
    (case,) = [row for row in desk.view.cases_of("ann") if row.open]
    assert (case.kind, case.subject) == ("link", f"link:{NEW}")


def test_a_record_that_was_taken_back_does_not_go_there_again() -> None:
    """Its strikes are on record there as withdrawn, by the ids that they would have again."""
    desk = record()
    merge(desk)
    desk.decide("unlink", other=NEW)
    assert codes(merge(desk)) == ["not_allowed"]
    assert codes(desk.decide("merge", other="ann-3")) == []
