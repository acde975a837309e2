"""Who may not decide: without the capability that it needs, or in a matter of their own."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events.capabilities import ASKED
from events.ledger import Refused
from tests.support.signals import decided, decision_signal, post_signal, posted
from tests.unit.enforcement.desk import GUIDELINE, Desk, found, outcomes

CYD = "cyd"
"""A moderator's own account."""


def refusal(desk: Desk, decision: str, kind: str = "account", target: str = "", **more: Any) -> str:
    """The code with which a decision is refused; empty where it isn't."""
    entries = desk.decide(decision, kind, target, **more)
    return next((str(o.code) for o in outcomes(entries, Refused)), "")


def without(capability: str) -> tuple[str, ...]:
    """Every capability that a rule asks about, but for one."""
    return tuple(sorted(ASKED - {capability}))


def proposed() -> Desk:
    """A proposed termination."""
    desk = Desk()
    desk.decide("propose_termination", guideline=GUIDELINE)
    return desk


def test_a_termination_is_confirmed_with_the_capability_and_by_a_second_person() -> None:
    """One without the other isn't enough."""
    desk = proposed()
    wrong = refusal(desk, "confirm_termination", by="bea", capabilities=without("terminations.confirm"))
    assert wrong == "capability_missing"
    assert refusal(desk, "confirm_termination") == "second_person_needed"
    assert refusal(desk, "confirm_termination", by="bea") == ""
    assert desk.standing.terminated


@pytest.mark.parametrize("kind", ["restricted", "welfare"])
def test_a_case_of_a_queue_of_its_own_is_decided_with_its_own_capability(kind: str) -> None:
    """By its id, and by way of its post."""
    reason, needed = {
        "restricted": ("child-safety", "cases.restricted"),
        "welfare": ("self-harm", "cases.welfare"),
    }[kind]
    desk = Desk()
    desk.report("bob", "p1", reason)
    case = desk.case(kind).id
    less = without(needed)
    assert refusal(desk, "dismiss", "case", case, capabilities=less) == "capability_missing"
    struck: dict[str, Any] = {"guideline": GUIDELINE, "case": "s1", "post": "p1", "revision": 1}
    assert refusal(desk, "strike", **struck, capabilities=less) == "capability_missing"
    assert refusal(desk, "dismiss", "case", case) == ""


@pytest.mark.parametrize("decision", ["strike", "sanction", "mute_reporter", "propose_termination"])
def test_what_restricts_an_account_of_the_staff_needs_a_capability_of_its_own(decision: str) -> None:
    """And what doesn't restrict it, none."""
    more = {
        "strike": {"guideline": GUIDELINE, "case": "s1"},
        "sanction": {"sanction_kind": "suspension", "guideline": GUIDELINE},
        "propose_termination": {"guideline": GUIDELINE},
    }.get(decision, {})
    desk = Desk()
    desk.know(kind="staff")
    less = without("accounts.protected")
    assert refusal(desk, decision, **more, capabilities=less) == "capability_missing"
    assert refusal(desk, "note", capabilities=less) == ""
    assert refusal(desk, decision, **more) == ""


def test_the_staffs_case_is_confirmed_with_the_capability() -> None:
    """What a rule found there becomes a case; a strike of it needs more than the right to decide."""
    desk = Desk()
    desk.know(kind="staff")
    desk.post("p1", found(2))
    case = desk.case().id
    less = without("accounts.protected")
    assert refusal(desk, "confirm", "case", case, capabilities=less) == "capability_missing"
    assert refusal(desk, "confirm", "case", case) == ""
    assert desk.standing.active_strikes == 1


def test_nobody_decides_about_their_own_account() -> None:
    """Nor about one that a person found to be theirs as well."""
    desk = Desk()
    assert refusal(desk, "note", actor_account="ann") == "involved"
    desk.decide("link", other=CYD)
    assert refusal(desk, "note", actor_account=CYD) == "involved"
    assert refusal(desk, "note", actor_account="dan") == ""


def test_nobody_links_or_merges_an_account_with_their_own() -> None:
    """They would decide about themselves by the back door."""
    desk = Desk()
    for decision in ("link", "unlink", "merge"):
        assert refusal(desk, decision, other=CYD, actor_account=CYD) == "involved"


def test_who_reported_does_not_decide() -> None:
    """Nor does who is known to be the same person."""
    desk = Desk()
    desk.world.send(decision_signal("bob", decided("bob", "link", "account", "", 0, other=CYD), desk.at, "x"))
    desk.report("bob", "p1")
    case = desk.case().id
    for own in ("bob", CYD):
        assert refusal(desk, "dismiss", "case", case, actor_account=own) == "involved"
    assert refusal(desk, "dismiss", "case", case, actor_account="dan") == ""


def test_who_reported_does_not_decide_once_the_case_is_answered_either() -> None:
    """Not about the strike that came of it."""
    desk = Desk()
    desk.report(CYD, "p1")
    desk.decide("confirm", "case", desk.case().id, guideline=GUIDELINE, case="s2", severity=2, revision=1)
    strike = desk.row("p1").id
    assert refusal(desk, "overturn", "strike", strike, actor_account=CYD) == "involved"
    assert refusal(desk, "overturn", "strike", strike, actor_account="dan") == ""


def aimed(desk: Desk, severity: int, **more: Any) -> None:
    """A post at the moderator's account in which something was found."""
    body = replace(posted("ann", "p1", found(severity, **more)), targets=(CYD,))
    desk.send(post_signal("ann", body, desk.at, event=desk.event()))


def test_who_was_the_target_does_not_decide_about_the_strike() -> None:
    """However it is named: by itself, by its case, by its post, by the sanction that it led to."""
    desk = Desk()
    aimed(desk, 3)
    strike, case = desk.row("p1").id, desk.case().id
    sanction = desk.view.sanctions_of("ann", "suspension")[-1].id
    for decision, kind, target in (
        ("confirm", "strike", strike),
        ("overturn", "strike", strike),
        ("dismiss", "case", case),
        ("lift", "sanction", sanction),
        ("restore", "post", "p1"),
    ):
        assert refusal(desk, decision, kind, target, actor_account=CYD) == "involved", decision
    assert refusal(desk, "confirm", "strike", strike, actor_account="dan") == ""


def test_who_was_the_target_does_not_decide_about_what_is_only_suspected() -> None:
    """A case without a strike knows whom its findings were aimed at, and so does the strike made of it."""
    desk = Desk()
    aimed(desk, 2, mode="review")
    case = desk.case().id
    assert refusal(desk, "confirm", "case", case, actor_account=CYD) == "involved"
    assert refusal(desk, "confirm", "case", case) == ""
    assert refusal(desk, "overturn", "strike", desk.row("p1").id, actor_account=CYD) == "involved"


def test_who_was_the_target_does_not_decide_about_ending_the_membership() -> None:
    """It rests on the whole record, and so does what a person imposes by hand for all that."""
    desk = Desk()
    aimed(desk, 3)
    desk.confirm("p1")
    by_hand: dict[str, Any] = {"sanction_kind": "suspension", "guideline": GUIDELINE}
    assert refusal(desk, "sanction", **by_hand, actor_account=CYD) == "involved"
    assert refusal(desk, "sanction", **by_hand, actor_account="dan") == ""
    (manual,) = desk.suspensions("manual")
    assert refusal(desk, "lift", "sanction", manual.id, actor_account=CYD) == "involved"
    assert refusal(desk, "propose_termination", guideline=GUIDELINE, actor_account=CYD) == "involved"
    assert refusal(desk, "propose_termination", guideline=GUIDELINE, actor_account="dan") == ""
    case = desk.case("termination").id
    assert refusal(desk, "dismiss", "case", case, by="bea", actor_account=CYD) == "involved"
    assert refusal(desk, "confirm_termination", by="bea", actor_account=CYD) == "involved"
    assert refusal(desk, "confirm_termination", by="bea", actor_account="dan") == ""


def test_who_reported_does_not_decide_about_ending_the_membership() -> None:
    """Though the report was answered long ago."""
    desk = Desk()
    desk.report(CYD, "p1")
    desk.decide("confirm", "case", desk.case().id, guideline=GUIDELINE, case="s2", severity=2, revision=1)
    by_hand: dict[str, Any] = {"sanction_kind": "suspension", "guideline": GUIDELINE}
    assert refusal(desk, "sanction", **by_hand, actor_account=CYD) == "involved"
    assert refusal(desk, "propose_termination", guideline=GUIDELINE, actor_account=CYD) == "involved"
    assert refusal(desk, "propose_termination", guideline=GUIDELINE) == ""
    assert refusal(desk, "confirm_termination", by="bea", actor_account=CYD) == "involved"
    assert refusal(desk, "confirm_termination", by="bea") == ""


def struck(reason: str) -> Desk:
    """A strike that came of a case of a queue of its own."""
    desk = Desk()
    desk.report("bob", "p1", reason)
    desk.decide("confirm", "case", desk.case().id, guideline=GUIDELINE, case="s2", severity=2, revision=1)
    return desk


@pytest.mark.parametrize(
    ("reason", "needed"), [("child-safety", "cases.restricted"), ("self-harm", "cases.welfare")]
)
def test_what_came_of_a_case_of_a_queue_of_its_own_needs_its_capability_later_too(
    reason: str, needed: str
) -> None:
    """However it is named; of an appeal about it, too. What a person imposes by hand doesn't rest on it."""
    desk, less = struck(reason), without(needed)
    strike = desk.row("p1").id
    again: dict[str, Any] = {"guideline": GUIDELINE, "case": "s1", "severity": 1}
    missing = "capability_missing"
    assert refusal(desk, "overturn", "strike", strike, capabilities=less) == missing
    assert refusal(desk, "reclassify", "strike", strike, **again, capabilities=less) == missing
    assert refusal(desk, "propose_termination", guideline=GUIDELINE, capabilities=less) == missing
    sanction: dict[str, Any] = {"sanction_kind": "posting_restriction", "guideline": GUIDELINE}
    assert refusal(desk, "sanction", **sanction, capabilities=less) == ""
    desk.appeal(strike)
    case = desk.case("appeal").id
    granted: dict[str, Any] = {"outcome": "granted", "by": "bea"}
    assert refusal(desk, "decide_appeal", "case", case, **granted, capabilities=less) == missing
    assert refusal(desk, "decide_appeal", "case", case, **granted) == ""
    desk.strike("p1", 2)
    assert refusal(desk, "overturn", "strike", desk.row("p1").id, capabilities=less) == missing


def test_what_came_of_an_ordinary_case_needs_no_more_than_before() -> None:
    """The kind of the case is remembered of few."""
    desk = struck("no-spam")
    assert desk.state.acts[0].case_kinds == ()
    assert refusal(desk, "overturn", "strike", desk.row("p1").id, capabilities=()) == ""


def test_who_may_not_decide_changes_nothing_and_is_told_why() -> None:
    """The refusal is on record, with what to do instead; it comes before that of a stale version."""
    desk = proposed()
    before = desk.state
    (entry,) = desk.decide("confirm_termination", by="bea", capabilities=(), version=0)
    (refused,) = outcomes([entry], Refused)
    assert (refused.code, refused.current_version) == ("capability_missing", None)
    assert "`terminations.confirm`" in refused.message
    assert refused.remedy
    assert replace(desk.state, sequence=before.sequence, seen=before.seen) == before
