"""The demo's crowd: the same seed gives the same community, and all that it does keeps to the contracts."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache

import pytest

from services.commands.event_files import Line, read_line
from services.demo import words
from services.demo.cast import BAD_CODES, CAST, Scene, scenes
from services.demo.crowd import DAYS, MEMBER_PREFIX, START, Crowd, Sent, fill
from tests.support.screening import screen_with, verdict_on

SEED = 7


@cache
def crowd() -> tuple[Sent, ...]:
    """One crowd for all tests."""
    return tuple(Crowd(SEED).events())


def kinds(events: tuple[Sent, ...]) -> Counter[str]:
    """How many events there are of each type."""
    return Counter(json.loads(one.value or b"")["type"].split(".", 1)[1] for one in events)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """A demo that was seen once can be seen again."""
    assert tuple(Crowd(SEED).events()) == crowd()


def test_another_seed_gives_another_crowd() -> None:
    """The seed is what decides."""
    assert tuple(Crowd(SEED + 1).events()) != crowd()


def test_every_event_is_valid_under_its_contract_and_has_the_right_key() -> None:
    """What the crowd does never becomes a dead letter."""
    for number, one in enumerate(crowd(), start=1):
        line = read_line(number, one.value or b"", None)
        assert isinstance(line, Line), line
        assert (line.topic, line.key) == (one.topic, one.key)
        assert line.event.time == one.at


def test_events_are_in_the_order_of_time_within_the_days() -> None:
    """Simulated time never goes back."""
    times = [one.at for one in crowd()]
    assert times == sorted(times)
    assert times[0] >= START
    assert (times[-1] - START).days <= DAYS


def test_a_crowd_does_everything_that_crowds_do() -> None:
    """A few hundred accounts, a few thousand posts, edits, deletions, merits, reports and messages."""
    counted = kinds(crowd())
    assert counted["account.registered.v1"] > 200
    assert counted["post.created.v1"] > 2_000
    assert (
        min(
            counted[f"{kind}.v1"]
            for kind in ("post.edited", "post.deleted", "answer.accepted", "post.endorsed", "report.filed")
        )
        > 10
    )
    assert any(b'"visibility":"direct"' in (one.value or b"") for one in crowd())


def test_event_ids_are_never_used_twice() -> None:
    """A second use would count for nothing."""
    ids = [json.loads(one.value or b"")["id"] for one in crowd()]
    assert len(ids) == len(set(ids))


def test_nobody_writes_before_having_joined() -> None:
    """The first thing that is known of a member is the registration."""
    joined: dict[bytes | None, str] = {}
    for one in crowd():
        joined.setdefault(one.key, json.loads(one.value or b"")["type"])
    late = [key for key, first in joined.items() if first != "goodstanding.account.registered.v1"]
    assert len(late) < len(joined) / 5  # who joins late may be praised for nothing yet, or write first


def test_texts_of_your_own_are_written_in_place_of_the_demo_s() -> None:
    """Mishaps stay the demo's own."""
    mine = ("One text of mine.", "Another text of mine.")
    posts = [
        json.loads(one.value or b"")["data"]["body"]
        for one in Crowd(SEED, days=20, members=20, bodies=mine).events()
        if b'"type":"goodstanding.post.created' in (one.value or b"")
    ]
    assert sum(body in mine for body in posts) > 0.9 * len(posts)


@pytest.mark.parametrize(
    "lines", [words.QUESTIONS, words.ANSWERS, words.SHARES, words.THANKS, words.MESSAGES], ids=str
)
def test_ordinary_lines_break_no_guideline(lines: tuple[str, ...]) -> None:
    """However their slots are filled, nothing is found that a person would have to look at."""
    screen = screen_with()
    dice = random.Random(SEED)
    for line in lines:
        for _ in range(20):
            body = fill(line, dice)
            assert verdict_on(body, screen).findings == (), body


# --- the story -----------------------------------------------------------------------------------


def told() -> list[Scene]:
    """Scenes in which members do something, but for the one with broken records."""
    return [scene for scene in scenes() if scene.events and "broken" not in scene.title]


def test_the_story_is_in_the_order_of_time_and_within_the_days() -> None:
    """Each scene at its own moment."""
    times = [scene.at for scene in scenes()]
    assert times == sorted(times)
    assert times[0] >= START
    assert (times[-1] - START).days < DAYS


def test_the_cast_is_nobody_of_the_crowd() -> None:
    """What happens to them is the story's alone."""
    assert not any(name.startswith(MEMBER_PREFIX) for name in CAST)
    assert len(set(CAST)) == len(CAST)


def test_the_story_s_events_are_valid_but_for_the_broken_ones() -> None:
    """Only what is meant to be refused is refused."""
    for scene in told():
        for one in scene.events:
            line = read_line(1, one.value or b"", None)
            assert isinstance(line, Line), f"{scene.title}: {line}"
            assert (line.topic, line.key) == (one.topic, one.key)


def test_broken_records_lie_between_two_good_ones_of_the_same_account() -> None:
    """So that they share a partition with their neighbours."""
    (scene,) = (scene for scene in scenes() if "broken" in scene.title)
    first, *broken, last = scene.events
    assert len(broken) == len(BAD_CODES)
    for good in (first, last):
        assert isinstance(read_line(1, good.value or b"", None), Line)
    assert len({one.key for one in scene.events}) == 1
