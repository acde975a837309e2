"""Decisions: at the version that was seen, with everything that follows, or refused with nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from events.ledger import (
    CaseClosed,
    MeritNoted,
    Refused,
    ReporterMuted,
    SanctionImposed,
    SanctionLifted,
    StrikeConfirmed,
    StrikeIssued,
)
from events.signals import Actor, Decided
from services.enforcement import decisions
from services.enforcement.decider import Context
from services.enforcement.decisions.refusals import Refusal
from services.enforcement.draft import CLOCK, Draft
from services.enforcement.due import deadlines, due
from services.enforcement.evolve import evolve
from services.enforcement.state import AccountState, encode_state
from tests.support.signals import day, decided, tick_signal
from tests.unit.enforcement.desk import GUIDELINE, OTHER, Desk, found, kinds, outcomes

Target = Callable[[Desk], tuple[str, str]]


def strike(desk: Desk) -> tuple[str, str]:
    """An unconfirmed strike."""
    return "strike", desk.row("p1").id


def case(desk: Desk) -> tuple[str, str]:
    """The case about it."""
    return "case", desk.case_about("p1").id


def suspension(desk: Desk) -> tuple[str, str]:
    """The suspension that it led to."""
    return "sanction", desk.suspensions()[0].id


def account(desk: Desk) -> tuple[str, str]:
    """The account itself."""
    return "account", ""


DECISIONS: dict[str, tuple[str, Target, dict[str, Any]]] = {
    "confirm a strike": ("confirm", strike, {}),
    "confirm a case": ("confirm", case, {}),
    "strike": (
        "strike",
        account,
        {"guideline": OTHER, "case": "s2", "severity": 2, "post": "p9", "revision": 1},
    ),
    "overturn a strike": ("overturn", strike, {}),
    "overturn a sanction": ("overturn", suspension, {}),
    "reduce a strike": ("reduce", strike, {"severity": 1}),
    "reduce a sanction": ("reduce", suspension, {"until": day(0.5)}),
    "waive a strike": ("waive", strike, {}),
    "waive a sanction": ("waive", suspension, {}),
    "reclassify": ("reclassify", strike, {"guideline": OTHER, "case": "s2"}),
    "dismiss": ("dismiss", case, {}),
    "escalate": ("escalate", case, {}),
    "sanction": ("sanction", account, {"sanction_kind": "posting_restriction", "guideline": GUIDELINE}),
    "remove content": (
        "sanction",
        account,
        {"sanction_kind": "content_removal", "guideline": GUIDELINE, "post": "p8", "revision": 1},
    ),
    "lift": ("lift", suspension, {}),
    "extend": ("extend", suspension, {"until": day(9)}),
    "restore": ("restore", account, {"post": "p1"}),
    "mute a reporter": ("mute_reporter", account, {}),
    "propose termination": ("propose_termination", account, {"guideline": GUIDELINE}),
}


def struck() -> Desk:
    """An account with one unconfirmed strike of s3, suspended for it."""
    desk = Desk()
    desk.post("p1", found(3))
    return desk


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize("wrong", ["stale", "version_missing"])
def test_a_decision_without_the_present_version_is_refused_without_effect(name: str, wrong: str) -> None:
    """It leaves an entry that says so, with the version that it should have seen, and changes nothing."""
    decision, target, more = DECISIONS[name]
    desk = struck()
    kind, about = target(desk)
    current = desk.view.version(kind, about, "ann")
    before, standing = desk.state, desk.standing
    version = None if wrong == "version_missing" else current + 1
    (entry,) = desk.decide(decision, kind, about, version=version, **more)
    (refused,) = outcomes([entry], Refused)
    assert (refused.code, refused.current_version) == (wrong, current)
    assert entry.standing == standing
    assert not entry.emitted
    after = msgspec.structs.replace(desk.state, sequence=before.sequence, seen=before.seen)
    assert encode_state(after) == encode_state(before)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_at_the_present_version_has_its_effect_once(name: str) -> None:
    """The same decision again, as another event with the version of before, is too late."""
    decision, target, more = DECISIONS[name]
    desk = struck()
    kind, about = target(desk)
    version = desk.view.version(kind, about, "ann")
    (entry,) = desk.decide(decision, kind, about, **more)
    assert Refused not in kinds([entry])
    (again,) = desk.decide(decision, kind, about, version=version, **more)
    assert kinds([again]) == [Refused]


def test_a_decision_that_this_build_does_not_know_says_so() -> None:
    """Rather than being ignored: a newer build may have sent it on."""
    desk = struck()
    desk.decide("pardon")
    assert desk.view.entries[-1].outcomes[0].code == "not_supported"


def test_what_a_refused_decision_had_begun_is_undone() -> None:
    """Whatever it had noted before it came to the reason."""
    desk = struck()
    signal = desk.view.entries[-1].cause
    draft = Draft(desk.state, signal, Context(desk.at, desk.policy, desk.world.policies))
    before = draft.state

    def half(draft: Draft, decision: Decided) -> None:
        draft.note(MeritNoted("endorsement", "p1", "bob", draft.now))
        raise Refusal("invalid", "no", "none")

    body = decided("ann", "half", "account", "", desk.standing.version)
    decisions.decided(draft, body, {"half": half})
    assert [type(outcome) for outcome in draft.outcomes] == [Refused]
    assert draft.state == before


def test_a_decision_about_the_wrong_kind_of_thing_is_refused() -> None:
    """A case is not lifted."""
    desk = struck()
    desk.decide("lift", *case(desk))
    assert desk.view.entries[-1].outcomes[0].code == "invalid"


def test_a_case_that_was_answered_is_stale() -> None:
    """The second person is told, with the version that it was closed at."""
    desk = struck()
    about = case(desk)[1]
    desk.decide("confirm", "case", about)
    desk.decide("dismiss", "case", about, version=1)
    assert desk.view.entries[-1].outcomes[0].code == "stale"


def test_confirming_a_case_confirms_what_stands_and_strikes_what_was_found() -> None:
    """An overturned strike in it stays overturned; each act has one strike, of its worst finding."""
    desk = Desk()
    desk.post("p1", found(1), found(2, mode="review"))
    desk.post("p1", found(3, OTHER, mode="review"), revision=2)
    desk.overturn("p1")
    case_id = desk.case_about("p1").id
    entries = desk.decide("confirm", "case", case_id)
    assert [(o.guideline, o.severity) for o in outcomes(entries, StrikeIssued)] == [(OTHER, 3)]
    assert StrikeConfirmed not in kinds(entries)
    assert [act.status for act in desk.state.acts] == ["overturned", "active"]
    assert not [c for c in desk.state.cases if c.id == case_id]


def test_a_finding_worse_than_the_strike_amends_and_confirms_it() -> None:
    """A person stands behind both."""
    desk = Desk()
    desk.post("p1", found(1), found(3, mode="review"))
    desk.decide("confirm", "case", desk.case_about("p1").id)
    assert (desk.row("p1").severity, desk.standing.confirmed_points) == (3, 4)


def test_a_guideline_and_a_case_that_do_not_belong_together_are_refused() -> None:
    """With nothing confirmed before."""
    desk = Desk()
    desk.post("p1", found(2), found(2, OTHER, mode="review"))
    desk.decide("confirm", "case", desk.case_about("p1").id, guideline="power-user")
    assert kinds(desk.view.entries[-1:]) == [Refused]
    assert not desk.row("p1").confirmed


def test_waiving_says_that_the_report_was_right() -> None:
    """Overturning says that it was not."""
    answers = {}
    for decision in ("waive", "overturn"):
        desk = struck()
        desk.report("bob", "p1")
        entries = desk.decide(decision, *strike(desk))
        answers[decision] = outcomes(entries, CaseClosed)[0].report_outcome
    assert answers == {"waive": "upheld", "overturn": "dismissed_in_good_faith"}


def test_what_would_change_nothing_is_refused() -> None:
    """A post is removed once."""
    desk = struck()
    removal: dict[str, Any] = {
        "sanction_kind": "content_removal", "guideline": GUIDELINE, "post": "p1", "revision": 1
    }  # fmt: skip
    desk.decide("sanction", **removal)
    desk.decide("sanction", **removal)
    assert desk.view.entries[-1].outcomes[0].code == "already_done"


def test_an_imported_sanction_has_seen_no_version_and_starts_when_it_did() -> None:
    """Its origin says where it comes from."""
    desk = Desk()
    desk.clock(10)
    entries = desk.decide(
        "sanction", version=None, imported=True, at=day(3), sanction_kind="suspension", guideline=GUIDELINE
    )
    (imposed,) = outcomes(entries, SanctionImposed)
    assert (imposed.origin, imposed.starts_at) == ("import", day(3))


def muted(entries: list[Any]) -> SanctionImposed:
    """The mute among what came of a decision."""
    (imposed,) = outcomes(entries, SanctionImposed)
    assert (imposed.sanction_kind, imposed.origin) == ("report_restriction", "mute")
    return imposed


def test_a_mute_ends_when_it_was_to_end() -> None:
    """By the clock, once."""
    desk = Desk()
    desk.decide("mute_reporter", until=day(5))
    assert desk.standing.reporter_muted
    entries = desk.clock(6)
    assert [(o.because, o.effective_at) for o in outcomes(entries, SanctionLifted)] == [("ended", day(5))]
    assert not desk.standing.reporter_muted


def test_a_mute_freezes_what_its_notice_must_say() -> None:
    """It is an adverse outcome like any other."""
    desk = Desk()
    notice = muted(desk.decide("mute_reporter", guideline=GUIDELINE, until=day(5))).notice
    assert (notice.guideline, notice.policy_version) == (GUIDELINE, desk.policy.version)
    assert notice.reason_ref
    assert not notice.detection.automated_decision
    assert Refused in kinds(desk.decide("mute_reporter"))
    desk.decide("unmute_reporter")
    assert Refused in kinds(desk.decide("unmute_reporter"))
    assert Refused in kinds(desk.decide("mute_reporter", guideline="no-such"))
    assert muted(desk.decide("mute_reporter")).notice.guideline == ""


def test_a_mute_can_be_appealed_by_whom_it_was_told() -> None:
    """Granted, the account's reports are heard again; who muted it may not answer."""
    desk = Desk()
    about = muted(desk.decide("mute_reporter")).sanction
    desk.told(about)
    assert Refused not in kinds(desk.appeal(about))
    assert Refused in kinds(desk.answer("granted", by="mod-ann"))
    (lifted,) = outcomes(desk.answer("granted"), SanctionLifted)
    assert (lifted.sanction, lifted.because) == (about, "overturned")
    assert not desk.standing.reporter_muted
    assert not desk.state.muted


def test_whoever_is_heard_again_is_heard_whatever_kept_them_from_it() -> None:
    """A restriction of reporting that a person imposed otherwise is lifted too."""
    desk = Desk()
    desk.decide("sanction", sanction_kind="report_restriction", guideline=GUIDELINE)
    assert not desk.standing.reporter_muted
    assert Refused in kinds(desk.decide("mute_reporter"))
    entries = desk.decide("unmute_reporter")
    assert [o.because for o in outcomes(entries, SanctionLifted)] == ["lifted"]
    assert not desk.state.muted


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_mute_from_before_it_was_a_sanction_ends_as_it_was_to(by_hand: bool) -> None:
    """By a person, or by the clock."""
    desk = Desk()
    earlier = ReporterMuted(True, Actor("person", "mod-ann"), None, day(0), day(5))
    desk.world.states["account:ann"] = evolve(AccountState("account:ann"), earlier)
    assert desk.state.muted
    assert deadlines(desk.state) == (day(5),)
    if by_hand:
        heard = outcomes(desk.decide("unmute_reporter", version=desk.state.version), ReporterMuted)
        assert [(o.muted, o.actor.kind) for o in heard] == [(False, "person")]
    else:
        draft = Draft(desk.state, tick_signal(0, day(5)), Context(day(5), desk.policy, {}))
        due(draft)
        assert draft.outcomes == [ReporterMuted(False, CLOCK, None, day(5))]
        assert not draft.state.muted


def test_a_sanction_that_is_over_may_still_be_told_of_and_answered() -> None:
    """The platform is often later than the person."""
    desk = struck()
    about = suspension(desk)[1]
    desk.decide("lift", "sanction", about)
    assert Refused not in kinds(desk.told(about))
    assert Refused in kinds(desk.told("nothing-like-it"))
