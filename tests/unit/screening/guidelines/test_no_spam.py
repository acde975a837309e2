"""Guideline 5 where one text shows it, and the rule against a window made by hand."""

from __future__ import annotations

import pytest

from services.screening.fast import FastData, ReplyTo
from services.screening.guidelines.no_spam import NoSpam
from services.screening.post import Post
from services.screening.rule import BUSY, Found, Hit
from services.screening.window import Window
from tests.support.policies import community
from tests.support.screening import KEY, cases_on, default_rulebook, verdict_on

GUIDELINE = "no-spam"
TEXT = "is there a way to see retention by week and by country?"


def found_in(window: Window, body: str, at_ms: int) -> list[Found]:
    """What the rule finds in a post of a busy author."""
    post = Post("ada", FastData("p", 1, body), body, at_ms, KEY)
    post.read(body, default_rulebook().scanner, [])
    return NoSpam(community().rules["no-spam.posts"]).find(post, [Hit(BUSY, 0)], window)


def repeated(times: int) -> Window:
    """One text in so many threads."""
    window = Window()
    for number in range(times):
        window.saw("ada", f"p{number}", f"t{number}", number * 90_000, TEXT)
    return window


@pytest.mark.parametrize(
    ("times", "case"), [(1, None), (2, "several-threads"), (3, "repetition"), (5, "repetition")]
)
def test_the_third_time_is_repetition_and_for_a_new_account_the_second(times: int, case: str | None) -> None:
    """That the account is new is a condition, which only enforcement can resolve."""
    found = found_in(repeated(times), TEXT, (times - 1) * 90_000)
    assert [one.case for one in found] == ([case] if case else [])
    if case == "several-threads":
        assert found[0].condition is not None
        assert (found[0].condition.fact, found[0].condition.case) == ("new_account", "repetition")


@pytest.mark.parametrize(
    ("threads", "case"), [(2, None), (3, "several-threads"), (5, "several-threads"), (6, "flood")]
)
def test_a_flood_is_counted_in_threads(threads: int, case: str | None) -> None:
    """More than five within a minute, half of it for a new account."""
    window = Window()
    for number in range(threads):
        window.saw("ada", f"p{number}", f"t{number}", number * 9_000, f"answer {number}")
    found = found_in(window, "answer", (threads - 1) * 9_000)
    assert [one.case for one in found] == ([case] if case else [])


def test_a_bare_link_goes_to_a_person_unless_it_answers_somebody() -> None:
    """Who answers with a link was asked for one."""
    body = "https://funny-pictures.club/best-of"
    assert cases_on(body, GUIDELINE) == {"link-or-bait": "review"}
    assert cases_on(body, GUIDELINE, reply_to={"post": "p0", "account": "bob"}) == {}


def test_nothing_of_a_text_is_said_in_a_reason() -> None:
    """Reasons are words of the rule's own."""
    (finding,) = [
        one for one in verdict_on("send this to ten friends").findings if one.guideline == GUIDELINE
    ]
    assert "friends" not in finding.reason


@pytest.mark.parametrize(
    ("answered", "times", "case"),
    [(None, 3, "repetition"), ("bob", 3, None), ("bob", 4, "several-threads"), ("bob", 6, "repetition")],
)
def test_answers_may_be_the_same_twice_as_often(answered: str | None, times: int, case: str | None) -> None:
    """Several people ask the same."""
    at_ms = (times - 1) * 90_000
    reply = None if answered is None else ReplyTo("q", answered)
    post = Post("ada", FastData("p", 1, TEXT, reply_to=reply), TEXT, at_ms, KEY)
    post.read(TEXT, default_rulebook().scanner, [])
    rule = NoSpam(community().rules["no-spam.posts"])
    assert [one.case for one in rule.find(post, [Hit(BUSY, 0)], repeated(times))] == ([case] if case else [])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Forward this to ten friends", True),
        ("Forward this to the ten teams that asked for it", False),
        ("Send it to everyone you know", True),
        ("Everyone you know will send it to the wrong desk", False),
        ("Smash that like button", True),
        ("She hit the like button by mistake", False),
    ],
)
def test_a_chain_letter_says_to_whom_it_is_passed_on(body: str, found: bool) -> None:
    """A call to pass something on, and then a crowd."""
    assert cases_on(body, GUIDELINE) == ({"link-or-bait": "review"} if found else {})
