"""Every story, played through the pure cores."""

from __future__ import annotations

from typing import Any

import pytest

from services.enforcement.partition import DECIDERS
from services.replay.verify import verify
from tests.acceptance.scenarios import STORIES
from tests.acceptance.scenarios.policies import policies
from tests.support.play import PurePlayer, tell_story
from tests.support.story import Story
from tests.support.world import Input
from tests.verifier.modelled import compare

POLICIES = policies()
SCENARIOS = 30
"""As many as there are."""


def played(story: Story) -> PurePlayer:
    """The player after the story."""
    player = PurePlayer(POLICIES, story.policy)
    tell_story(player, story)
    return player


def test_every_scenario_is_told() -> None:
    """By its number, at least once."""
    assert {story.number for story in STORIES} == set(range(1, SCENARIOS + 1))


@pytest.mark.acceptance
@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.number}: {story.name}")
def test_the_story_goes_as_it_is_told(story: Story) -> None:
    """Every expectation of the story holds."""
    played(story)


@pytest.mark.acceptance
@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.number}: {story.name}")
def test_the_story_leaves_a_ledger_that_verifies(story: Story) -> None:
    """The chain is whole, every entry is decided again, and a second telling leaves the same bytes."""
    first, second = played(story).world, played(story).world
    assert first.ledger == second.ledger
    report = verify([(0, n, data) for n, data in enumerate(first.ledger)], first.policies, DECIDERS)
    assert report.fault is None, str(report.fault)
    assert report.decided_again == len(first.ledger)


@pytest.mark.acceptance
@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.number}: {story.name}")
def test_the_reference_model_says_the_same_of_every_account_that_it_has_words_for(story: Story) -> None:
    """As the verifier asks of a whole deployment."""
    world = played(story).world
    ledger: Any = [Input("ledger", 0, number, 0, b"", data) for number, data in enumerate(world.ledger)]
    signals: Any = world.records
    tally = compare({0: signals}, {0: ledger}, world.policies)
    assert tally.entries or tally.skipped
