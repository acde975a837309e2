"""Posts: findings that become strikes, cases or nothing, and content that goes and comes back."""

from __future__ import annotations

from msgspec.structs import replace

from events.ledger import CaseOpened, FindingNoted, PostCleared, SanctionImposed, SanctionLifted, StrikeIssued
from events.policy import Case, Policy
from services.enforcement.state import EPISODE_ACTS_MAX
from tests.support.policies import guideline_cases, small_policy
from tests.support.signals import finding, post_signal, posted
from tests.unit.enforcement.desk import GUIDELINE, OTHER, Desk, found, kinds, outcomes


def with_case(case: Case) -> Policy:
    """The small policy with one more case under the first guideline."""
    policy = small_policy()
    guidelines = tuple(
        g.model_copy(update={"cases": (*guideline_cases(g.id), case)}) if g.id == GUIDELINE else g
        for g in policy.guidelines
    )
    return policy.model_copy(update={"guidelines": guidelines})


SECRET = Case(id="secret", title="a secret", severity=0, mode="enforce", content="removed")


def test_the_most_severe_finding_is_the_strike_and_the_others_stand_beside_it() -> None:
    """One act, one strike."""
    desk = Desk()
    entries = desk.post("p1", found(1), found(2, OTHER), found(1, OTHER))
    assert [o.severity for o in outcomes(entries, StrikeIssued)] == [2]
    assert [o.effect for o in outcomes(entries, FindingNoted)] == ["beside", "beside"]


def test_content_comes_back_with_the_strike_but_not_somebodys_secret() -> None:
    """What was removed for a reason of its own stays removed, and the post isn't shown."""
    desk = Desk(with_case(SECRET))
    desk.post("p1", found(2), finding(GUIDELINE, "secret", 0))
    assert desk.standing.hidden_posts == 1
    entries = desk.overturn("p1")
    assert [o.restored for o in outcomes(entries, SanctionLifted)] == [False]
    assert desk.hidden() == {"p1"}
    entries = desk.decide("restore", "post", "p1")
    assert [o.restored for o in outcomes(entries, SanctionLifted)] == [True]
    assert not desk.hidden()


def test_a_secret_of_staff_goes_as_everybodys_does() -> None:
    """It is no strike, so there is nothing for a person to decide first."""
    desk = Desk(with_case(SECRET))
    desk.know(kind="staff")
    desk.post("p1", finding(GUIDELINE, "secret", 0))
    assert desk.hidden() == {"p1"}


def test_restoring_skips_what_its_author_deleted() -> None:
    """An episode of two acts: the post that is left comes back, the other stays gone."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.post("p2", found(2))
    desk.delete("p1")
    assert desk.hidden() == {"p2"}
    entries = desk.overturn("p1") + desk.overturn("p2")
    assert [(o.post, o.restored) for o in outcomes(entries, SanctionLifted)] == [("p2", True)]


def test_a_deleted_post_is_never_hidden_and_so_never_restored() -> None:
    """A person may still confirm what it was."""
    desk = Desk()
    desk.post("p1", found(2, mode="review"))
    desk.delete("p1")
    entries = desk.decide("confirm", "case", desk.case_about("p1").id)
    assert StrikeIssued in kinds(entries)
    assert SanctionImposed not in kinds(entries)
    assert SanctionLifted not in kinds(desk.overturn("p1"))


def test_an_edit_that_takes_the_violation_away_leaves_the_strike() -> None:
    """The act was done; a person may show the post again."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.post("p1", revision=2)
    assert (desk.row("p1").status, desk.hidden()) == ("active", {"p1"})


def test_an_edit_of_a_post_that_nobody_looks_at_leaves_nothing() -> None:
    """Edits and deletions all come here; most mean nothing."""
    desk = Desk()
    assert not desk.post("p1", revision=2)
    assert not desk.delete("p1")


def test_no_rule_strikes_a_revision_that_a_person_cleared() -> None:
    """Found again, it goes to a person and stays visible; a later revision is out of sight meanwhile."""
    desk = Desk()
    desk.post("p1", found(2))
    entries = desk.decide("dismiss", "case", desk.case_about("p1").id)
    assert PostCleared in kinds(entries)
    desk.post("p1", found(3))
    assert (desk.standing.active_points, desk.hidden()) == (0, set())
    assert desk.case_about("p1").kind == "finding"
    desk.post("p1", found(3), revision=2)
    assert (desk.standing.active_points, desk.hidden()) == (0, {"p1"})


def test_dismissing_a_reported_post_clears_the_revision_that_the_person_saw() -> None:
    """A report names one in which no rule found anything: no earlier one is meant, and no later one."""
    desk = Desk()
    desk.report("bob", "p1")
    [cleared] = outcomes(desk.decide("dismiss", "case", desk.case("report").id, revision=3), PostCleared)
    assert (cleared.post, cleared.revision) == ("p1", 3)
    desk.post("p1", found(2), revision=3)
    assert (desk.standing.active_points, desk.hidden()) == (0, set())
    desk.post("p1", found(2), revision=4)
    assert desk.standing.active_points == 2


def test_confirming_a_reported_post_strikes_the_revision_that_the_person_saw() -> None:
    """What is hidden and told of is what was reported."""
    desk = Desk()
    desk.report("bob", "p1")
    about = desk.case("report").id
    entries = desk.decide("confirm", "case", about, guideline=GUIDELINE, case="s2", revision=3)
    [issued] = outcomes(entries, StrikeIssued)
    assert (issued.post, issued.revision) == ("p1", 3)


def test_dismissing_a_case_clears_no_post_whose_strike_a_person_confirmed() -> None:
    """The strike stands, and so does what it did."""
    desk = Desk()
    desk.strike("p1", 2)
    desk.report("bob", "p1")
    entries = desk.decide("dismiss", "case", desk.case_about("p1").id)
    assert PostCleared not in kinds(entries)
    assert desk.hidden() == {"p1"}


def test_what_is_to_be_reviewed_is_shown_to_a_person_though_the_act_has_a_confirmed_strike() -> None:
    """A worse finding of a later revision opens a case again, and amends the strike once it is confirmed."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.confirm("p1")
    assert not desk.state.cases
    entries = desk.post("p1", found(3, mode="review"), revision=2)
    assert CaseOpened in kinds(entries)
    assert (desk.case_about("p1").kind, desk.row("p1").severity) == ("finding", 2)
    desk.decide("confirm", "case", desk.case_about("p1").id)
    assert (desk.row("p1").severity, desk.standing.confirmed_points) == (3, 4)


def test_what_is_to_be_reviewed_is_shown_to_a_person_though_the_record_is_full() -> None:
    """Only a rule's own strikes are folded into a full episode."""
    desk = Desk()
    for number in range(EPISODE_ACTS_MAX):
        desk.post(f"p{number}", found(2))
    entries = desk.post("more", found(2, mode="review"))
    assert [o.effect for o in outcomes(entries, FindingNoted)] == ["review"]
    assert desk.case_about("more").kind == "finding"


def test_a_finding_in_shadow_is_recorded_and_has_no_effect() -> None:
    """No strike, no case, nothing hidden; and it is no first s1."""
    desk = Desk()
    entries = desk.post("p1", found(1, mode="shadow"))
    assert kinds(entries) == [FindingNoted]
    desk.post("p2", found(1))
    assert desk.row("p2").counts_as == "warning"


def test_a_rule_that_raised_sends_the_post_to_a_person() -> None:
    """An error is a third verdict."""
    desk = Desk()
    body = replace(posted("ann", "p1"), failed_rules=("no-spam.links",))
    entries = desk.send(post_signal("ann", body, desk.at))
    assert [o.case_kind for o in outcomes(entries, CaseOpened)] == ["rule_failed"]


def test_staff_that_registers_later_is_judged_as_if_it_had_before() -> None:
    """What a rule decided is withdrawn for a person to look at, who may still stand behind it."""
    desk = Desk()
    desk.post("p1", found(3))
    desk.strike("p2", 2)
    desk.know(kind="staff")
    assert (desk.row("p1").status, desk.row("p2").status) == ("withdrawn", "active")
    assert (desk.standing.suspended, desk.standing.active_points) == (False, 2)
    desk.decide("confirm", "case", desk.case_about("p1").id)
    assert (desk.row("p1").status, desk.row("p1").severity) == ("active", 3)


def test_more_hidden_posts_than_are_remembered_open_a_case() -> None:
    """Nothing is dropped in silence."""
    desk = Desk()
    for n in range(505):
        desk.post(f"p{n}", found(1))
    assert desk.standing.hidden_posts == 500
    assert [row.subject for row in desk.view.cases_of("ann")].count("hidden:ann") == 1


def test_what_was_verified_joins_what_is_the_accounts_own() -> None:
    """And an erasure leaves none."""
    desk = Desk()
    desk.know("updated", own_domains=("a",), own_phones=("1",))
    desk.know("verified", own_phones=("2",))
    assert (desk.state.own_domains, desk.state.own_phones) == (("a",), ("1", "2"))
    desk.know("erased")
    assert (desk.state.own_domains, desk.state.own_phones) == ((), ())
