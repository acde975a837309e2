"""What several accounts post as one."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.ids import CAMPAIGN_DIGITS, campaign_entity, derived_id
from events.ledger import CampaignEstablished, CampaignSaturated, Failed, Refused, StrikeIssued
from events.signals import FingerprintSighted, Signal
from services.enforcement.campaign import CAMPAIGN, SIGHTINGS_MAX, WATCHED_MAX, CampaignState
from services.enforcement.partition import DECIDERS
from services.enforcement.state import encode_state
from services.replay.rebuild import Known, Rebuild
from services.replay.verify import verify
from tests.support.adding_up import (
    DAY,
    HOUR,
    MINUTE,
    deleted,
    edited,
    emitted,
    fingerprinted,
    policy,
    print_of,
    registered,
    reviewed,
    strikes,
    world,
)
from tests.support.signals import T0, decided, finding, signal
from tests.support.world import World, as_record

SHOP = ("shop",)
NAMES = ("ann", "bob", "cas", "dan", "eve")


def outcomes(made: World, kind: type) -> list[Any]:
    """Every outcome of a kind."""
    return [o for entry in made.view.entries for o in entry.outcomes if isinstance(o, kind)]


def all_post(*names: str, every: timedelta = MINUTE, text: str = "buy it") -> list[Signal]:
    """Each of them posts the same, one after the other."""
    return [fingerprinted(name, f"{name}1", T0 + n * every, text, SHOP) for n, name in enumerate(names)]


def sighted(name: str, number: int, at: Any, text: str = "buy it", sort: Any = "domain") -> Signal:
    """A sighting, straight at the campaign."""
    seen = print_of(text)
    body = FingerprintSighted(seen, sort, name, f"post-{name}-{number}", None)
    return signal(campaign_entity(seen), f"sighted:{name}:{number}:{text}", body, at)


# --- who is found ------------------------------------------------------------------------------------------


def test_the_same_text_by_three_accounts_within_the_hour_is_a_campaign() -> None:
    """Each post is a strike without a warning first, and the campaign is one case."""
    made = world(*all_post("ann", "bob", "cas"))
    assert strikes(made) == [(name, f"{name}1", "campaign") for name in ("ann", "bob", "cas")]
    assert {o.severity for o in outcomes(made, StrikeIssued)} == {2}
    cases = [row for row in made.view.cases.values() if row.kind == "campaign"]
    assert [row.subject for row in cases] == [f"campaign:{print_of('buy it')}"]


def test_each_act_happened_when_it_was_posted() -> None:
    """Not when the campaign was found."""
    made = world(*all_post("ann", "bob", "cas"))
    assert [o.occurred_at for o in outcomes(made, StrikeIssued)] == [T0 + n * MINUTE for n in range(3)]


def test_two_accounts_are_none() -> None:
    """Colleagues may announce the same meeting."""
    assert strikes(world(*all_post("ann", "bob"))) == []


def test_what_neither_links_nor_offers_nor_contacts_is_none() -> None:
    """Many say the same in anger; each answers for his own."""
    curse = finding("keep-it-clean", "strong-cursing", 1)
    posts = [
        fingerprinted(name, f"{name}1", T0 + n * MINUTE, "buy it", findings=(curse,))
        for n, name in enumerate(NAMES)
    ]
    made = world(*posts)
    assert {row.guideline for row in made.view.strikes.values()} == {"keep-it-clean"}
    assert not any(entity.startswith("campaign:") for entity in made.states)


def test_an_offer_without_a_link_is_one() -> None:
    """What was found in it says so."""
    offer = finding("no-selling", "prospecting", 1)
    posts = [
        fingerprinted(name, f"{name}1", T0 + n * MINUTE, "buy it", findings=(offer,))
        for n, name in enumerate(NAMES[:3])
    ]
    made = world(*posts)
    assert {(row.severity, row.guideline) for row in made.view.strikes.values()} == {(2, "no-spam")}


def test_three_accounts_over_a_day_are_none() -> None:
    """What is said again much later is said for another reason."""
    assert strikes(world(*all_post("ann", "bob", "cas", every=HOUR))) == []


def test_who_joins_later_is_found_at_once() -> None:
    """For as long as the campaign is remembered."""
    made = world(*all_post("ann", "bob", "cas"))
    made.send(fingerprinted("dan", "dan1", T0 + 5 * HOUR, "buy it", SHOP))
    assert ("dan", "dan1", "campaign") in strikes(made)
    assert len(outcomes(made, CampaignEstablished)) == 1


def test_who_was_told_of_a_campaign_knows_its_next_post_without_asking() -> None:
    """The campaign hears no more of that account."""
    made = world(*all_post("ann", "bob", "cas"))
    entries = made.send(fingerprinted("ann", "ann2", T0 + HOUR, "buy it", SHOP))
    assert emitted(entries) == 0
    assert ("ann", "ann2", "campaign") in strikes(made)


def test_what_was_taken_back_before_is_no_part_of_it() -> None:
    """By deleting the post, or by writing something else."""
    for take_back in (deleted, edited):
        made = world(
            *all_post("ann", "bob"),
            take_back("bob", "bob1", T0 + 2 * MINUTE),
            fingerprinted("cas", "cas1", T0 + 3 * MINUTE, "buy it", SHOP),
        )
        assert strikes(made) == []
        made.send(fingerprinted("dan", "dan1", T0 + 4 * MINUTE, "buy it", SHOP))
        assert [name for name, _, _ in strikes(made)] == ["ann", "cas", "dan"]


def test_an_account_that_posts_it_again_within_the_hour_counts_once() -> None:
    """However often."""
    signals = [
        fingerprinted("ann", f"a{n}", T0 + n * MINUTE, "buy it", SHOP, thread=f"t{n}") for n in range(2)
    ]
    assert outcomes(world(*signals, *all_post("bob")), CampaignEstablished) == []


def test_an_account_that_posts_it_again_hours_later_is_told_of_again() -> None:
    """So that what begins with its second post is seen."""
    made = world(
        fingerprinted("ann", "a1", T0, "buy it", SHOP),
        fingerprinted("ann", "a2", T0 + 5 * HOUR, "buy it", SHOP),
    )
    late = [fingerprinted(n, f"{n}1", T0 + 5 * HOUR + MINUTE, "buy it", SHOP) for n in ("bob", "cas")]
    for one in late:
        made.send(one)
    assert [name for name, _, _ in strikes(made)] == ["ann", "ann", "bob", "cas"]


def test_bots_are_no_campaign() -> None:
    """Three of them may write the same."""
    bots = [registered(name, T0, "bot") for name in ("ann", "bob", "cas")]
    assert strikes(world(*bots, *all_post("ann", "bob", "cas"))) == []


def test_new_accounts_that_link_to_one_site_go_to_a_person() -> None:
    """Five of them, in three threads; what they wrote isn't hidden, and older accounts aren't asked."""
    posts = [
        fingerprinted(name, f"{name}1", T0 + n * HOUR, None, ("shop",), thread=f"t{n}")
        for n, name in enumerate(NAMES)
    ]
    assert reviewed(world(*posts)) == []
    made = world(*(registered(name, T0) for name in NAMES), *posts)
    assert strikes(made) == []
    assert reviewed(made) == [(name, f"{name}1", "campaign") for name in NAMES]
    assert made.view.sanctions == {}


# --- whatever the order ------------------------------------------------------------------------------------


@given(st.permutations(range(10)))
@settings(max_examples=40, deadline=None)
def test_the_same_posts_lead_to_the_same_strikes_whatever_order_the_accounts_come_in(
    order: list[int],
) -> None:
    """Each account's own posts in theirs."""
    posts = {name: [n for n in range(10) if n % 5 == at] for at, name in enumerate(NAMES)}
    times = {n: T0 + (n * 17 % 45) * MINUTE for n in range(10)}
    left = {name: sorted(mine, key=lambda n: times[n]) for name, mine in posts.items()}
    signals = []
    for n in order:
        name = NAMES[n % 5]
        next_one = left[name].pop(0)
        signals.append(
            fingerprinted(name, f"{name}{next_one}", times[next_one], f"text {next_one // 5}", SHOP)
        )
    made = world(*signals)
    assert strikes(made) == _expected(times)
    assert sum(row.kind == "campaign" for row in made.view.cases.values()) == 2


def _expected(times: dict[int, Any]) -> list[tuple[str, str, str]]:
    """Ten posts, two texts, five accounts each, all within the hour."""
    assert max(times.values()) - min(times.values()) < HOUR
    return sorted((NAMES[n % 5], f"{NAMES[n % 5]}{n}", "campaign") for n in times)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_second_copy_of_any_sighting_leaves_nothing(seed: int) -> None:
    """While the first is remembered."""
    dice = Random(seed)
    signals = [
        sighted(dice.choice(NAMES), dice.randint(0, 3), T0 + dice.randint(0, 100) * MINUTE, sort="text")
        for _ in range(20)
    ]
    made = world(*signals)
    assert made.send(*signals) == []


# --- bounds ------------------------------------------------------------------------------------------------


def test_a_popular_fingerprint_of_ten_thousand_accounts_costs_a_bounded_number_of_signals() -> None:
    """Saturated, it leaves no entry and answers nothing, until it is forgotten."""
    made = world(*(sighted(f"a{n}", 0, T0 + timedelta(seconds=n % 3_000)) for n in range(10_000)))
    at_campaign = [entry for entry in made.view.entries if entry.entity.startswith("campaign:")]
    assert len(at_campaign) == SIGHTINGS_MAX + 1
    assert emitted(at_campaign) == SIGHTINGS_MAX
    assert len(outcomes(made, CampaignSaturated)) == 1
    (state,) = [state for entity, state in made.states.items() if entity.startswith("campaign:")]
    assert len(encode_state(state)) < 10_000
    assert made.send(sighted("late", 1, T0 + 12 * HOUR)) == []
    assert len(made.send(sighted("late", 2, T0 + 3 * DAY))) == 1


def test_there_are_only_so_many_campaign_entities_and_each_watches_only_so_much() -> None:
    """However many texts there are in the world."""
    entities = {campaign_entity(print_of(f"text {n}")) for n in range(20_000)}
    assert len(entities) <= 16**CAMPAIGN_DIGITS
    state = CampaignState("campaign:000")
    for number in range(WATCHED_MAX + 50):
        made = world(at=T0)
        body = FingerprintSighted(f"k1:000{number}", "text", "ann", f"p{number}", None)
        one = signal(
            "campaign:000",
            f"e{number}",
            body,
            T0 + timedelta(seconds=number),
            policy_version=policy().version,
        )
        decision = CAMPAIGN.decide(state, one, made.part._context(one))  # a context as it is made
        state = decision.state
    assert len(state.watched) == WATCHED_MAX
    assert state.watched[-1].fingerprint == f"k1:000{WATCHED_MAX + 49}"


def test_what_is_old_is_forgotten_when_something_new_is_seen() -> None:
    """No tick is needed, and none leaves an entry."""
    made = world(sighted("ann", 0, T0, sort="text"))
    entity = campaign_entity(print_of("buy it"))
    assert made.advance(T0 + 10 * DAY) == []
    made.send(sighted("bob", 0, T0 + 10 * DAY, sort="text"))
    (watched,) = made.states[entity].watched
    assert [s.account for s in watched.sightings] == ["bob"]
    assert made.send(sighted("cas", 0, T0 + DAY, sort="text")) == [], "older than what is remembered"


# --- the case, the ledger, faults --------------------------------------------------------------------------


def answer(made: World, decision: str, version: int = 1, at: Any = T0 + 2 * HOUR) -> Signal:
    """A person answers the campaign's case."""
    (row,) = [row for row in made.view.cases.values() if row.kind == "campaign"]
    entity = campaign_entity(print_of("buy it"))
    body = decided(entity, decision, "case", row.id, version)
    return signal(entity, f"{decision}:{row.id}:{version}", body, at)


def test_a_person_dismisses_a_campaign_and_nobody_is_told_of_it_any_more() -> None:
    """It was a form letter after all."""
    made = world(*all_post("ann", "bob", "cas"))
    made.send(answer(made, "dismiss"))
    (row,) = [row for row in made.view.cases.values() if row.kind == "campaign"]
    assert (row.open, row.result) == (False, "dismissed")
    made.send(fingerprinted("dan", "dan1", T0 + 3 * HOUR, "buy it", SHOP))
    assert "dan" not in [name for name, _, _ in strikes(made)]


def test_a_campaign_s_case_is_answered_once_by_who_saw_it_as_it_is() -> None:
    """A stale or second answer is refused."""
    made = world(*all_post("ann", "bob", "cas"))
    made.send(answer(made, "confirm", version=7))
    assert [o.code for o in outcomes(made, Refused)] == ["stale"]
    made.send(answer(made, "confirm"))
    made.send(answer(made, "dismiss"))
    assert [o.code for o in outcomes(made, Refused)] == ["stale", "stale"]
    assert made.view.standings[campaign_entity(print_of("buy it"))].open_cases == 0


def test_the_ledger_of_a_campaign_verifies_and_its_state_is_restored_from_the_changelog() -> None:
    """Every entry is decided again, and the changelog's bytes give the state back."""
    made = world(*all_post(*NAMES), sighted("zoe", 3, T0 + HOUR))
    report = verify([(0, n, data) for n, data in enumerate(made.ledger)], made.policies, DECIDERS)
    assert report.fault is None, str(report.fault)
    assert report.decided_again == len(made.ledger)
    for entity, state in made.states.items():
        assert DECIDERS[entity.partition(":")[0]].decode(encode_state(state)) == state


def test_the_state_is_made_anew_from_the_ledger() -> None:
    """As `goodstanding state rebuild` does, of accounts and campaigns alike."""
    made = world(*all_post(*NAMES), fingerprinted("ann", "ann2", T0 + HOUR, "buy it", SHOP))
    known = Known(committed=len(made.records), begin=0, end=len(made.records))
    rebuild = Rebuild(DECIDERS, 0, "", known)
    for offset, data in enumerate(made.ledger):
        rebuild.take(offset, data)
    for record in made.records:
        rebuild.hear(as_record(record))
    assert rebuild.result().states == {entity: encode_state(state) for entity, state in made.states.items()}
    assert any(entity.startswith("campaign:") for entity in made.states)


def test_a_fault_at_a_campaign_is_recorded_and_holds_up_nobody(monkeypatch: Any) -> None:
    """With a case that holds the signal."""
    made = world()

    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("services.enforcement.campaign._sighted", broken)
    made.send(*all_post("ann"))
    assert [o.error for o in outcomes(made, Failed)] == ["RuntimeError in broken"]
    assert [row.kind for row in made.view.cases.values()] == ["failed"]
    monkeypatch.undo()
    made.send(*all_post("bob"))
    assert len(made.states[campaign_entity(print_of("buy it"))].watched) == 1


def test_ids_of_what_is_sent_on_are_derived() -> None:
    """So that a second run sends the same."""
    first, second = world(*all_post("ann", "bob", "cas")), world(*all_post("ann", "bob", "cas"))
    assert first.ledger == second.ledger
    told = [s for e in first.view.entries for s in e.emitted if s.entity == "account:ann"]
    cause = next(e.cause for e in first.view.entries if told[0] in e.emitted)
    assert told[0].id == derived_id("account:ann", cause.id, "campaign_found", 0)
