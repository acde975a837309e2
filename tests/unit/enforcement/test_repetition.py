"""What one author posts again and again within a day."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from events.ledger import StrikeIssued
from services.enforcement.memory import POSTS_REMEMBERED_MAX
from tests.support.adding_up import (
    DAY,
    HOUR,
    MINUTE,
    deleted,
    edited,
    fingerprinted,
    policy,
    registered,
    reviewed,
    strikes,
    world,
)
from tests.support.signals import T0, account_signal, finding, post_signal, posted
from tests.support.world import World


def issues(made: World) -> list[StrikeIssued]:
    """Every strike as it was issued."""
    return [o for entry in made.view.entries for o in entry.outcomes if isinstance(o, StrikeIssued)]


def test_the_same_text_a_third_time_within_a_day_is_repetition() -> None:
    """The third is the act, hours after the window of screening has forgotten the first."""
    made = world(*(fingerprinted("ann", f"p{n}", T0 + n * 8 * HOUR, "buy it") for n in range(3)))
    assert strikes(made) == [("ann", "p2", "repetition")]


def test_what_was_posted_a_day_ago_counts_no_more() -> None:
    """Three times in three days are no flood."""
    made = world(*(fingerprinted("ann", f"p{n}", T0 + n * 13 * HOUR, "buy it") for n in range(3)))
    assert strikes(made) == []


def test_another_text_is_another_text() -> None:
    """However many there are."""
    made = world(*(fingerprinted("ann", f"p{n}", T0 + n * HOUR, f"text {n}") for n in range(5)))
    assert strikes(made) == []


def test_edits_of_one_post_are_one_post() -> None:
    """Whoever mends a typo four times repeats nothing."""
    signals = [fingerprinted("ann", "p1", T0 + n * MINUTE, "buy it", revision=n + 1) for n in range(5)]
    assert strikes(world(*signals)) == []


@pytest.mark.parametrize("take_back", [deleted, edited])
def test_what_was_taken_back_counts_no_more(take_back: object) -> None:
    """By deleting it, or by writing something else."""
    made = world(
        fingerprinted("ann", "p1", T0, "buy it"),
        fingerprinted("ann", "p2", T0 + HOUR, "buy it"),
        take_back("ann", "p2", T0 + 2 * HOUR),  # type: ignore[operator]  # a function of the helpers
        fingerprinted("ann", "p3", T0 + 3 * HOUR, "buy it"),
    )
    assert strikes(made) == []
    made.send(fingerprinted("ann", "p4", T0 + 4 * HOUR, "buy it"))
    assert strikes(made) == [("ann", "p4", "repetition")]


def test_an_older_revision_that_comes_late_changes_nothing() -> None:
    """The latest is what the post says."""
    made = world(
        fingerprinted("ann", "p1", T0, "new words", revision=2), fingerprinted("ann", "p1", T0, "old words")
    )
    (post,) = made.states["account:ann"].memory.posts
    assert post.revision == 2


def test_bots_repeat_themselves_freely() -> None:
    """Of them nothing is even remembered."""
    posts = [fingerprinted("bot", f"p{n}", T0 + n * HOUR, "build passed", ("ci",)) for n in range(5)]
    made = world(registered("bot", T0, "bot"), *posts)
    assert strikes(made) == reviewed(made) == []
    assert made.states["account:bot"].memory is None


def test_imported_history_is_not_remembered() -> None:
    """Nobody is struck for what happened before anybody counted."""
    posts = [fingerprinted("ann", f"p{n}", T0 + n * HOUR, "buy it") for n in range(4)]
    made = world(*(replace(post, imported=True) for post in posts))
    assert strikes(made) == []


def test_what_screening_has_found_already_is_not_found_twice() -> None:
    """The window of ten minutes and the memory of a day see the same third post."""
    said = finding("no-spam", "repetition", 1, mode="enforce")
    made = world(
        fingerprinted("ann", "p1", T0, "buy it"),
        fingerprinted("ann", "p2", T0 + MINUTE, "buy it"),
        fingerprinted("ann", "p3", T0 + 2 * MINUTE, "buy it", findings=(said,)),
    )
    assert strikes(made) == [("ann", "p3", "repetition")]
    (issued,) = issues(made)
    assert issued.evidence is not None
    assert issued.evidence.rules_digest == "test-rules"


def test_a_finding_of_the_memory_names_its_rule_and_what_made_it() -> None:
    """As one of screening does."""
    made = world(*(fingerprinted("ann", f"p{n}", T0 + n * HOUR, "buy it") for n in range(3)))
    (issued,) = issues(made)
    evidence = issued.evidence
    assert evidence is not None
    assert (evidence.rule, evidence.rule_version) == ("no-spam.over-time", 1)
    assert len(evidence.rules_digest) == 64
    assert evidence.reason == "the same text 3 times within 24 hours"
    assert issued.actor.id == "no-spam.over-time"
    assert issued.pricing_version == policy().version


def test_one_domain_in_three_threads_goes_to_a_person() -> None:
    """Several posts in one thread are a conversation."""
    talk = [fingerprinted("ann", f"p{n}", T0 + n * HOUR, None, ("shop",), thread="t1") for n in range(4)]
    assert reviewed(world(*talk)) == []
    threads = [
        fingerprinted("ann", f"p{n}", T0 + n * HOUR, None, ("shop",), thread=f"t{n}") for n in range(3)
    ]
    assert reviewed(world(*threads)) == [("ann", "p2", "link-or-bait")]


def test_one_domain_in_three_threads_by_a_new_account_is_mass_posting() -> None:
    """Without a warning first."""
    posts = [fingerprinted("ann", f"p{n}", T0 + n * HOUR, None, ("shop",), thread=f"t{n}") for n in range(3)]
    made = world(registered("ann", T0), *posts)
    assert strikes(made) == [("ann", "p2", "mass-unsolicited")]
    assert made.view.strikes[next(iter(made.view.strikes))].counts_as == "strike"


def test_the_memory_is_bounded_and_forgets() -> None:
    """So many posts at most, and none that is older than any rule looks back."""
    count = POSTS_REMEMBERED_MAX + 30
    made = world(*(fingerprinted("ann", f"p{n}", T0 + n * MINUTE, f"text {n}") for n in range(count)))
    assert len(made.states["account:ann"].memory.posts) == POSTS_REMEMBERED_MAX
    made.send(fingerprinted("ann", "last", T0 + 3 * DAY, "another"))
    assert [p.post for p in made.states["account:ann"].memory.posts] == ["last"]


def test_an_account_without_fingerprints_remembers_nothing() -> None:
    """As most."""
    made = world(post_signal("ann", posted("ann", "p1", finding("no-selling", "prospecting", 1)), T0))
    assert made.states["account:ann"].memory is None


def test_a_second_copy_of_a_post_leaves_nothing() -> None:
    """Redelivery is the normal case."""
    posts = [fingerprinted("ann", f"p{n}", T0 + n * HOUR, "buy it") for n in range(3)]
    made = world(*posts)
    assert made.send(*posts) == []


def test_what_is_erased_is_forgotten() -> None:
    """With all that could be recognised again."""
    made = world(fingerprinted("ann", "p1", T0, "buy it"))
    made.send(account_signal("ann", T0 + HOUR, change="erased"))
    assert made.states["account:ann"].memory is None
