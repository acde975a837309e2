"""What another policy would have led to; and that the same one would have led to the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings

from events.codec import decode_entry
from events.policy import Guideline, Policy, RuleSettings, Rung, Severity
from services.replay.what_if import Answer, Tally, WhatIf, as_taken
from tests.model.histories import Play, Step, histories
from tests.support.policies import small_policy
from tests.support.signals import day, decided, decision_signal, finding, post_signal, posted
from tests.support.world import World

CLEAN = "keep-it-clean"


def asked(world: World, candidate: Policy, **options: Any) -> Answer:
    """What the candidate would have led to in a world."""
    what_if = WhatIf(candidate, world.policies, **options)
    for data in world.ledger:
        what_if.take(decode_entry(data))
    return what_if.settle()


def played(history: Iterable[Step]) -> World:
    """The world after a history."""
    play = Play(policy=small_policy())
    play.run(list(history))
    return play.world


def struck(*severities: int, apart_days: float = 10, accounts: Iterable[str] = ("ann",)) -> World:
    """A world in which accounts posted what these severities are found in, so many days apart."""
    world = World(small_policy())
    world.advance(day(0))
    for number, severity in enumerate(severities):
        at = day(1 + number * apart_days)
        world.advance(at)
        for account in accounts:
            body = posted(account, f"{account}-{number}", finding(CLEAN, f"s{severity}", severity))
            world.send(post_signal(account, body, at, policy_version=world.policy.version))
    world.advance(day(1 + len(severities) * apart_days))
    return world


def decide(world: World, verb: str, kind: str, target: str, version: int | None, **more: Any) -> None:
    """A person decides about ann."""
    assert world.now is not None
    body = decided("ann", verb, kind, target, version, **more)
    world.send(decision_signal("ann", body, world.now, verb, policy_version=world.policy.version))


def repriced(**points: int) -> Policy:
    """The small policy with other prices."""
    prices = {**small_policy().severities}
    for name, cost in points.items():
        days = prices[name].expiry_days  # type: ignore[index]  # names of severities
        prices[name] = Severity(points=cost, expiry_days=days)  # type: ignore[index]  # the same
    return small_policy(name="candidate", severities=prices)


def with_mode(mode: str) -> Policy:
    """The small policy with other modes of the cases of one guideline."""
    guidelines: list[Guideline] = []
    for guideline in small_policy().guidelines:
        cases = tuple(case.model_copy(update={"mode": mode}) for case in guideline.cases)
        changed = {"cases": cases} if guideline.id == CLEAN else {}
        guidelines.append(guideline.model_copy(update=changed))
    return small_policy(name="candidate", guidelines=tuple(guidelines))


@settings(max_examples=60)
@given(histories)
def test_the_same_policy_would_have_led_to_the_same(history: list[Step]) -> None:
    """In whatever history: every strike and every sanction comes out as it was, and nobody is refused."""
    world = played(history)
    answer = asked(world, world.policy)
    assert answer.same, answer.examples
    assert answer.entries == len(world.ledger)
    assert (answer.failed, answer.refused) == (0, 0)
    for tally in (*answer.strikes.values(), *answer.sanctions.values()):
        assert tally.was == tally.would_be


@settings(max_examples=60)
@given(histories)
def test_a_policy_that_changes_nothing_but_its_name_differs_in_nothing(history: list[Step]) -> None:
    """It has another version, so that every finding is taken and priced anew, and comes to the same."""
    assert asked(played(history), small_policy(name="renamed")).same


def test_a_higher_price_shows_in_strikes_and_in_the_suspension_it_earns() -> None:
    """Two s2 make 4 points and a day; at 3 each they make 6, and seven days."""
    answer = asked(struck(2, 2), repriced(s2=3))
    assert answer.strikes == {CLEAN: Tally(was=2, would_be=2, changed=2)}
    (example,) = answer.examples
    changed = {difference.kind for difference in example.differences if difference.sort == "strike"}
    assert changed == {"changed"}
    first = next(one for one in example.differences if one.sort == "strike")
    assert first.was is not None
    assert first.would_be is not None
    assert (first.was.counts, first.would_be.counts) == ("2 points", "3 points")
    assert answer.sanctions[CLEAN].new == 1  # the first strike already earns the first rung


def test_a_lower_ladder_suspends_who_was_not() -> None:
    """The strikes are as they were; a sanction is new."""
    ladder = (Rung(points=2, suspension_hours=24), Rung(points=12))
    answer = asked(struck(2), small_policy(name="candidate", ladder=ladder))
    assert not answer.strikes[CLEAN].changed
    assert answer.sanctions[CLEAN].new == 1
    (difference,) = answer.examples[0].differences
    assert (difference.kind, difference.sort, difference.guideline) == ("new", "sanction", CLEAN)


def test_what_would_only_be_reviewed_is_gone() -> None:
    """Strikes and what they led to fall away; hiding a post for review is a sanction of its own."""
    answer = asked(struck(2, 2), with_mode("review"))
    assert answer.strikes == {CLEAN: Tally(was=2, would_be=0, gone=2)}
    assert answer.sanctions[CLEAN].gone >= 1


def test_a_rule_that_would_be_in_shadow_strikes_nobody() -> None:
    """Whatever the case says."""
    rules = {f"{CLEAN}.s2": RuleSettings(mode="shadow")}
    answer = asked(struck(2), small_policy(name="candidate", rules=rules))
    assert answer.strikes == {CLEAN: Tally(was=1, would_be=0, gone=1)}


def test_points_that_would_have_run_out_earlier_do() -> None:
    """A deadline that only the candidate has is fired: the second strike stands alone."""
    prices = {**small_policy().severities, "s2": Severity(points=2, expiry_days=5)}
    answer = asked(struck(2, 2, apart_days=10), small_policy(name="candidate", severities=prices))
    assert answer.sanctions[CLEAN].gone == 1
    assert answer.failed == 0


def test_what_was_overturned_would_be_overturned() -> None:
    """People decide as they did, whatever the strike would cost."""
    world = struck(2, 2)
    strike = next(iter(world.view.strikes.values()))
    decide(world, "overturn", "strike", strike.id, strike.version)
    answer = asked(world, repriced(s2=3))
    assert answer.refused == 0
    overturned = [d.would_be for d in answer.examples[0].differences if d.id == strike.id]
    assert [fact.over for fact in overturned if fact] == ["overturned"]


def test_a_person_decides_again_on_the_version_that_there_would_be() -> None:
    """A decision isn't stale because the candidate would have had less happen before it."""
    world = struck(2)
    seen = world.view.version("account", "", "ann")
    until = day(30)
    decide(world, "sanction", "account", "", seen, sanction_kind="suspension", guideline=CLEAN, until=until)
    answer = asked(world, with_mode("allowed"))
    assert answer.refused == 0
    assert answer.sanctions[CLEAN].would_be == 1
    assert {d.kind for d in answer.examples[0].differences} == {"gone"}


def test_what_would_have_ended_by_itself_had_ended() -> None:
    """A deadline that only the candidate has is fired: a suspension that is over can't be lifted."""
    world = struck(3, apart_days=0.5)
    (suspension,) = world.view.sanctions_of("ann", "suspension")
    decide(world, "lift", "sanction", suspension.id, suspension.version)
    ladder = (Rung(points=3, suspension_hours=2), *small_policy().ladder[1:])
    answer = asked(world, small_policy(name="candidate", ladder=ladder))
    assert (answer.refused, answer.failed) == (1, 0)
    (difference,) = answer.examples[0].differences
    assert difference.was is not None
    assert difference.would_be is not None
    assert (difference.was.over, difference.would_be.over) == ("lifted", "")


def test_what_a_person_overturned_and_would_not_be_there_counts_as_refused() -> None:
    """The decision would have had nothing to decide about."""
    world = struck(2)
    strike = next(iter(world.view.strikes.values()))
    decide(world, "overturn", "strike", strike.id, strike.version)
    assert asked(world, with_mode("shadow")).refused == 1


def test_examples_are_bounded_and_totals_are_not() -> None:
    """However many accounts differ."""
    world = struck(2, accounts=[f"a{number}" for number in range(7)])
    answer = asked(world, repriced(s2=3), examples=3)
    assert (answer.entities, answer.differing, len(answer.examples)) == (7, 7, 3)
    assert answer.strikes[CLEAN].changed == 7


def test_one_guideline_can_be_asked_about() -> None:
    """What stands under others is neither counted nor shown."""
    world = struck(2)
    body = posted("ann", "other", finding("no-selling", "s2", 2))
    assert world.now is not None
    world.send(post_signal("ann", body, world.now, policy_version=world.policy.version))
    answer = asked(world, repriced(s2=3), guideline="no-selling")
    assert set(answer.strikes) == {"no-selling"}
    assert {d.guideline for example in answer.examples for d in example.differences} == {"no-selling"}


def test_entities_may_be_settled_in_portions() -> None:
    """Partition by partition, or account by account: the totals are the same."""
    world = struck(2, 2, accounts=("ann", "bob"))
    entries = [decode_entry(data) for data in world.ledger]
    portions = WhatIf(repriced(s2=3), world.policies)
    for account in ("ann", "bob"):
        for entry in entries:
            if entry.entity == f"account:{account}":
                portions.take(entry)
        portions.settle()
    whole = asked(world, repriced(s2=3))
    assert portions.answer == whole


def test_a_finding_is_taken_as_the_candidate_has_it() -> None:
    """Severity and mode are the case's; a case that both have alike leaves it as it was found."""
    found = finding(CLEAN, "s2", 2, mode="shadow")
    assert as_taken(found, small_policy(), small_policy(name="other")) is found
    taken = as_taken(found, small_policy(), with_mode("review"))
    assert (taken.severity, taken.mode) == (2, "review")
    assert as_taken(found, None, small_policy()).mode == "enforce"
