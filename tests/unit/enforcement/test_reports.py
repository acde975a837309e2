"""Reports: taken at the reporter's, folded at the subject's, answered once."""

from __future__ import annotations

from events.ledger import CaseUpdated, ReportFolded, ReportNoted, ReportSettled
from events.signals import ReportWithdrawn
from tests.support.signals import signal
from tests.unit.enforcement.desk import GUIDELINE, Desk, found, outcomes


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
