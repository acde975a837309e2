"""Reports: taken at the reporter's, folded at the subject's, answered once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events.ledger import (
    CaseUpdated,
    Detection,
    Refused,
    ReportFolded,
    ReportNoted,
    ReportSettled,
    SanctionImposed,
)
from events.signals import AccountChanged, MeritEarned, ReportAnswered, ReportFiled, ReportWithdrawn
from services.enforcement.state import CaseReport
from services.enforcement.weighing import persons
from tests.support.policies import guideline_cases, small_policy
from tests.support.signals import day, signal
from tests.unit.enforcement.desk import GUIDELINE, Desk, found, kinds, outcomes


def results(desk: Desk, reporter: str) -> list[str]:
    """What became of each report at its reporter's account."""
    return [o.result for o in outcomes(desk.view.of(reporter), ReportNoted)]


def test_a_second_report_about_the_same_is_ignored_while_the_first_is_open() -> None:
    """Once it was answered, another one is heard."""
    desk = Desk()
    desk.report("bob")
    desk.report("bob")
    desk.decide("dismiss", "case", desk.case().id)
    desk.report("bob")
    assert results(desk, "bob") == ["forwarded", "ignored_duplicate", "forwarded"]


def test_a_report_taken_back_may_be_made_again() -> None:
    """It left its case, whose version stays as it was."""
    desk = Desk()
    desk.report("bob", "p1")
    first = desk.view.of("bob")[-1].cause.body.report
    back = ReportWithdrawn(first, "bob", "ann", "reporter")
    version = desk.case_about("p1").version
    desk.send(signal("account:bob", "back", back, desk.at))
    assert not desk.state.cases[0].reports
    desk.report("bob", "p1")
    assert len(desk.state.cases[0].reports) == 1
    assert desk.case_about("p1").version == version


def test_a_flood_pushes_no_open_report_out_of_what_is_remembered() -> None:
    """What is ignored isn't kept."""
    desk = Desk()
    desk.report("bob", "first")
    for n in range(150):
        desk.report("bob", f"p{n}")
    desk.clock(1)
    desk.report("bob", "first")
    assert results(desk, "bob")[-1] == "ignored_duplicate"
    assert results(desk, "bob").count("forwarded") == 20


def test_an_urgent_report_makes_an_open_case_urgent_at_the_same_version() -> None:
    """Somebody in danger doesn't wait behind an insult."""
    desk = Desk()
    desk.post("p1", found(1))
    version = desk.case_about("p1").version
    entries = desk.report("bob", "p1", reason="self-harm")
    (updated,) = outcomes(entries, CaseUpdated)
    assert (updated.escalated, updated.version) == (True, version)
    assert desk.state.cases[0].urgent


def test_a_report_beyond_what_a_case_holds_is_recorded_and_answered_at_once() -> None:
    """Nobody is left without an answer."""
    desk = Desk()
    for n in range(201):
        desk.report(f"r{n}", "p1")
    assert len(desk.state.cases) == 1
    assert len(outcomes(desk.view.of("ann"), ReportFolded)) == 201
    assert [o.outcome for o in outcomes(desk.view.of("r200"), ReportSettled)] == ["ignored"]
    entries = desk.decide("dismiss", "case", desk.case_about("p1").id)
    assert len(outcomes(entries, ReportSettled)) == 200


def test_a_suspended_account_reports_without_weight() -> None:
    """Its report opens a case all the same; one whose reporting is restricted is ignored."""
    desk = Desk(account="bob")
    desk.decide("sanction", sanction_kind="suspension", guideline=GUIDELINE)
    desk.account = "ann"
    entries = desk.report("bob", "p1")
    assert [(o.result, o.weight) for o in outcomes(entries, ReportNoted)] == [("forwarded", 0)]
    assert desk.case_about("p1").open
    desk.account = "bob"
    desk.decide("sanction", sanction_kind="report_restriction", guideline=GUIDELINE)
    desk.account = "ann"
    assert [o.result for o in outcomes(desk.report("bob", "p2"), ReportNoted)] == ["ignored_muted"]


def test_a_post_that_a_person_cleared_and_many_report_again_stays_visible_in_one_case() -> None:
    """Reports alone hide nothing that a person has looked at."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.decide("dismiss", "case", desk.case_about("p1").id)
    for n in range(5):
        desk.report(f"r{n}", "p1")
    assert not desk.hidden()
    assert len([case for case in desk.state.cases if case.subject == "post:p1"]) == 1


# --- hiding ------------------------------------------------------------------------------------------------


def test_three_reporters_hide_a_post_until_a_person_has_looked() -> None:
    """Two don't; dismissing shows it again."""
    desk = Desk()
    for n in range(2):
        desk.report(f"r{n}", "p1")
        assert desk.hidden() == set()
    desk.report("r2", "p1")
    assert desk.hidden() == {"p1"}
    (imposed,) = outcomes(desk.view.of("ann"), SanctionImposed)
    assert imposed.notice.detection == Detection("report", automated_detection=False, automated_decision=True)
    assert (imposed.origin, imposed.content_action, imposed.notice.guideline) == ("rule", "hidden", "no-spam")
    desk.report("r3", "p1")
    assert len(outcomes(desk.view.of("ann"), SanctionImposed)) == 1
    desk.decide("dismiss", "case", desk.case_about("p1").id)
    assert desk.hidden() == set()
    for n in range(5):
        desk.report(f"again{n}", "p1")
    assert desk.hidden() == set()


def test_reports_of_one_person_are_one_however_many_accounts_were_linked() -> None:
    """With each other, or both with a third; an unlinking makes them several again."""
    desk = Desk()
    desk.account = "r0"
    desk.decide("link", other="r1")
    desk.account = "r1"
    desk.decide("link", other="r2")
    desk.account = "ann"
    for n in range(3):
        desk.report(f"r{n}", "p1")
    desk.report("r3", "p1")
    assert desk.hidden() == set()
    desk.report("r4", "p1")
    assert desk.hidden() == {"p1"}
    desk.account = "r0"
    desk.decide("unlink", other="r1")
    desk.account = "ann"
    for n in range(3):
        desk.report(f"r{n}", "p2")
    assert desk.hidden() == {"p1"}  # r1 and r2 are one still
    desk.report("r4", "p2")
    assert desk.hidden() == {"p1", "p2"}


def test_a_report_about_an_account_that_is_ones_own_is_ignored() -> None:
    """Once a person has linked them."""
    desk = Desk()
    desk.decide("link", other="bob")
    desk.report("bob", "p1")
    assert results(desk, "bob") == ["ignored_self"]


def test_two_reporters_hide_nothing_whatever_they_weigh() -> None:
    """Power users aren't three persons."""
    desk = Desk()
    for name in ("r0", "r1"):
        for n in range(40):
            body = MeritEarned(name, "endorsement", f"p{n}", f"m{n}")
            desk.send(signal(f"account:{name}", f"{name}-{n}", body, desk.at))
        desk.report(name, "p1")
    assert sum(o.weight for o in outcomes(desk.view.of("ann"), ReportFolded)) > 3_000
    assert desk.hidden() == set()


def test_new_accounts_need_more_company_to_hide_a_post() -> None:
    """Three of today weigh less than what hides."""
    desk = Desk()
    for n in range(6):
        body = AccountChanged(f"r{n}", "registered", account_kind="person")
        desk.send(signal(f"account:r{n}", f"joined-{n}", body, desk.at))
    for n in range(5):
        desk.report(f"r{n}", "p1")
        assert desk.hidden() == set()
    desk.report("r5", "p1")
    assert desk.hidden() == {"p1"}


def test_reports_without_weight_and_of_other_kinds_hide_nothing() -> None:
    """A complaint about copyright has a way of its own."""
    desk = Desk()
    for n in range(5):
        desk.report(f"r{n}", "p1", reason="copyright")
    assert desk.hidden() == set()
    assert desk.case_about("p1").open


def test_a_later_revision_than_the_cleared_one_is_hidden_again_by_reports_about_it() -> None:
    """Reports about the cleared one don't count towards that."""
    desk = Desk()
    for n in range(3):
        desk.report(f"r{n}", "p1")
    desk.decide("dismiss", "case", desk.case_about("p1").id)
    for n in range(5):
        desk.report(f"old{n}", "p1")
    for n in range(3):
        assert desk.hidden() == set()
        body = ReportFiled(f"new{n}", f"n{n}", "ann", "p1", 2, "no-spam", None, None)
        desk.send(signal(f"account:n{n}", f"new{n}", body, desk.at))
    assert desk.hidden() == {"p1"}


def test_reports_about_the_account_hide_nothing() -> None:
    """There is no post to hide."""
    desk = Desk()
    for n in range(5):
        desk.report(f"r{n}")
    assert desk.hidden() == set()


@given(st.permutations(range(6)), st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=5))
def test_the_order_of_reports_changes_no_count_of_persons(order: list[int], links: set[Any]) -> None:
    """Linked directly or by a third that reported as well."""
    named: dict[int, set[str]] = {n: set() for n in range(6)}
    for one, two in links:
        if one != two:
            named[one].add(f"r{two}")
            named[two].add(f"r{one}")
    made = [CaseReport(f"c{n}", f"r{n}", False, 1, 1000 + n, tuple(sorted(named[n]))) for n in range(6)]
    assert sorted(persons(made)) == sorted(persons([made[n] for n in order]))


# --- misuse ------------------------------------------------------------------------------------------------


def unfounded(desk: Desk, reporter: str, post: str) -> None:
    """A person finds a report manifestly unfounded."""
    desk.report(reporter, post)
    desk.decide("dismiss", "case", desk.case_about(post).id, outcome="manifestly_unfounded")


def test_a_persons_word_that_a_report_was_unfounded_warns_and_then_mutes() -> None:
    """For a while; nothing else counts against a reporter."""
    desk = Desk()
    for n in range(4):
        desk.report("bob", f"good{n}")
        outcome = "ignored" if n % 2 else "dismissed_in_good_faith"
        desk.decide("dismiss", "case", desk.case_about(f"good{n}").id, outcome=outcome)
    assert outcomes(desk.view.of("bob"), SanctionImposed) == []
    unfounded(desk, "bob", "p1")
    (warned,) = outcomes(desk.view.of("bob"), SanctionImposed)
    assert warned.origin == "manual"
    assert (warned.sanction_kind, warned.actor.kind, warned.strikes) == ("warning", "person", ())
    assert not desk.view.standing("bob").reporter_muted
    unfounded(desk, "bob", "p2")
    _, muted = outcomes(desk.view.of("bob"), SanctionImposed)
    assert (muted.sanction_kind, muted.origin) == ("report_restriction", "mute")
    assert muted.ends_at == muted.effective_at + timedelta(days=desk.policy.report_weights.mute_days)
    assert desk.view.standing("bob").reporter_muted
    desk.clock(desk.policy.report_weights.mute_days + 2)
    assert not desk.view.standing("bob").reporter_muted


def test_who_is_muted_for_longer_already_is_not_muted_once_more() -> None:
    """A shorter restriction of reporting doesn't stand in for it."""
    for days, more in ((1, 1), (300, 0)):
        desk = Desk()
        for post in ("p1", "p2"):
            desk.report("bob", post)
        desk.account = "bob"
        desk.decide("sanction", sanction_kind="report_restriction", guideline=GUIDELINE, until=day(days))
        desk.account = "ann"
        for post in ("p1", "p2"):
            desk.decide("dismiss", "case", desk.case_about(post).id, outcome="manifestly_unfounded")
        mutes = [o for o in outcomes(desk.view.of("bob"), SanctionImposed) if o.origin == "mute"]
        assert len(mutes) == more


def test_an_unfounded_report_is_forgotten_after_its_time() -> None:
    """A year later the next one is a warning again, and reports weigh what they did."""
    desk = Desk()
    unfounded(desk, "bob", "p1")
    rules = desk.policy.report_weights
    (noted,) = outcomes(desk.report("bob", "p2"), ReportNoted)
    assert noted.weight == desk.policy.reports.weight - rules.unfounded
    desk.clock(rules.misuse_days + 1)
    (noted,) = outcomes(desk.report("bob", "p3"), ReportNoted)
    assert noted.weight == desk.policy.reports.weight
    desk.decide("dismiss", "case", desk.case_about("p3").id, outcome="manifestly_unfounded")
    assert not desk.view.standing("bob").reporter_muted


def test_a_reporter_is_told_once() -> None:
    """A second answer to the same report says nothing."""
    desk = Desk()
    desk.report("bob", "p1")
    (told,) = outcomes(desk.decide("dismiss", "case", desk.case_about("p1").id), ReportSettled)
    desk.send(signal("account:bob", "again", ReportAnswered(told.report, "bob", "upheld"), desk.at))
    assert [o.outcome for o in outcomes(desk.view.of("bob"), ReportSettled)] == ["dismissed_in_good_faith"]


# --- what isn't for everybody ----------------------------------------------------------------------------


def test_a_case_becomes_as_delicate_as_what_joins_it_whichever_came_first() -> None:
    """A report leaves its version, and nothing makes it less delicate again."""
    orders = (("no-spam", "child-safety"), ("child-safety", "no-spam"), ("self-harm", "child-safety"))
    for first, then in orders:
        desk = Desk()
        desk.report("bob", "p1", reason=first)
        desk.report("eve", "p1", reason=then)
        (case,) = desk.state.cases
        assert (case.kind, case.urgent, case.version) == ("restricted", True, 1)
        assert Refused in kinds(desk.decide("dismiss", "case", case.id, capabilities=("cases.welfare",)))
        assert Refused not in kinds(desk.decide("dismiss", "case", case.id))


def test_a_finding_that_is_not_for_everybody_takes_its_case_along() -> None:
    """So does one in a post that was reported for something else before."""
    small = small_policy()
    cases = tuple(one.model_copy(update={"case_kind": "restricted"}) for one in guideline_cases(GUIDELINE))
    guidelines = [
        one.model_copy(update={"cases": cases}) if one.id == GUIDELINE else one for one in small.guidelines
    ]
    desk = Desk(small_policy(guidelines=tuple(guidelines)))
    desk.report("bob", "p1")
    desk.post("p1", found(3, mode="review"))
    (case,) = desk.state.cases
    assert (case.kind, case.version) == ("restricted", 2)
