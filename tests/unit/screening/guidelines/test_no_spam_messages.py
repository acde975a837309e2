"""Guideline 5 in direct messages: to how many people, and nothing of what they say."""

from __future__ import annotations

from typing import Any

import pytest

from services.runtime.stage import Output
from services.screening.screen import Screen
from services.screening.window import MESSAGES_PER_AUTHOR_MAX, WINDOW, Window
from tests.support.screening import NOW, InputRecord, post_record, screen_with, screened

SECRET = "his card is 5425-2334-3010-9903"
SHOP = [{"url": "https://shop.example/offer"}]


def message(number: int, recipients: list[str], **data: Any) -> InputRecord:
    """A direct message, ten seconds after the one before."""
    at_s = data.pop("at_s", 10 * number)
    return post_record(SECRET, offset=number, at_s=at_s, visibility="direct", recipients=recipients, **data)


def messages(people: int, **data: Any) -> list[InputRecord]:
    """One to each of so many people."""
    return [message(number, [f"person-{number}"], **data) for number in range(people)]


def cases_of(outputs: list[Output]) -> list[tuple[str, str, str | None]]:
    """Case, mode, and the case for a new account, of each finding."""
    return [
        (found.case, found.mode, None if found.condition is None else found.condition.case)
        for post in screened(outputs)
        for found in post.findings
    ]


def test_a_fifth_person_is_too_many_for_a_new_account() -> None:
    """With links it is the case that the policy enforces; only enforcement knows who is new."""
    assert cases_of(screen_with().screen_posts(messages(4, links=SHOP))) == []
    found = cases_of(screen_with().screen_posts(messages(5, links=SHOP)))
    assert found == [("several-threads", "allowed", "mass-unsolicited")]


def test_without_links_a_person_looks() -> None:
    """Many new members introduce themselves."""
    (post,) = screened(screen_with().screen_posts(messages(5)))
    assert post.findings[0].confidence < 90


def test_from_fifteen_people_on_it_is_a_flood_whoever_writes() -> None:
    """A person looks; with links it is enforced."""
    assert cases_of(screen_with().screen_posts(messages(15)))[-1] == ("flood", "review", "mass-unsolicited")
    linked = cases_of(screen_with().screen_posts(messages(15, links=SHOP)))
    assert linked[-1] == ("flood", "enforce", "mass-unsolicited")


def test_nothing_of_a_message_goes_on() -> None:
    """Neither its text nor a fingerprint of it, and no reference to a content."""
    outputs = screen_with().screen_posts(messages(15))
    assert {output.topic for output in outputs} == {"signals"}
    assert all(b"5425" not in (output.value or b"") for output in outputs)
    last = screened(outputs)[-1]
    assert last.direct
    assert (last.content_ref, last.content_digest, last.fingerprints, last.findings[0].spans) == (
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    "records",
    [
        [message(number, ["bob"]) for number in range(20)],
        [message(number, [f"p{one}" for one in range(20)]) for number in range(20)],
        [message(n, [f"p{n}"], reply_to={"post": f"q{n}", "account": f"p{n}"}) for n in range(20)],
        [message(number, [f"p{number}"], thread="team") for number in range(20)],
        [message(number, ["ada"], thread=f"note-{number}") for number in range(20)],
        [message(number, [f"p{number}"], at_s=number * 200) for number in range(20)],
    ],
    ids=["one person", "one group", "answers", "one thread", "oneself", "over an hour"],
)
def test_ordinary_messages_are_no_spam(records: list[InputRecord]) -> None:
    """However many there are."""
    assert screen_with().screen_posts(records) == []


def test_the_window_is_rebuilt_with_the_messages_in_it() -> None:
    """A worker that takes over knows whom the author wrote to."""
    sent = messages(6, links=SHOP)
    whole = screen_with().screen_posts(sent)
    after: Screen = screen_with()
    after.observe(sent[:5])
    assert after.screen_posts(sent[5:]) == whole[-1:]


def test_what_is_remembered_of_an_author_is_bounded() -> None:
    """A thousand messages are no more than the last few."""
    window = Window()
    for number in range(1_000):
        window.wrote("ada", (f"p{number}",), None, number, NOW)
    assert window.messaged("ada", 999) == MESSAGES_PER_AUTHOR_MAX
    window.wrote("bob", ("ada",), None, 1_000_000 + int(WINDOW.total_seconds() * 1000), NOW)
    assert "ada" not in window._messages
