"""Posts that contradict themselves are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from events.dead_letters import Rejected
from events.posts import PostCreated, parse_post_event
from tests.support.envelopes import encoded, golden


def test_a_post_is_read_with_all_that_stands_in_it() -> None:
    """Nothing that a producer sends is lost on the way in."""
    event = parse_post_event(encoded(golden("post.created")))
    assert isinstance(event, PostCreated)
    assert event.data.quotes[0].author == "U02BOB"
    assert event.data.links[0].url == "https://docs.example/funnels"
    assert event.data.reply_to is not None
    assert event.data.reply_to.account == "U02BOB"


@pytest.mark.parametrize(("name", "revision"), [("post.created", 2), ("post.created", 0), ("post.edited", 1)])
def test_a_post_begins_at_revision_one_and_edits_rise(name: str, revision: int) -> None:
    """An edit can't take the place of the original."""
    with pytest.raises(ValidationError):
        parse_post_event(encoded(golden(name, revision=revision)))


@pytest.mark.parametrize("recipients", [[], ["U02BOB"]])
def test_a_message_has_recipients_and_a_public_post_has_none(recipients: list[str]) -> None:
    """What is private and what isn't must be beyond doubt."""
    visibility = "public" if recipients else "direct"
    with pytest.raises(Rejected) as caught:
        parse_post_event(encoded(golden("post.created", visibility=visibility, recipients=recipients)))
    assert caught.value.reason.where == "data.recipients"


@pytest.mark.parametrize(
    "quote", [{"start": 5, "end": 5}, {"start": 5, "end": 4}, {"start": 0, "end": 10_000}]
)
def test_a_quotation_lies_within_the_body(quote: dict[str, Any]) -> None:
    """A quotation that covers more than the text would excuse anything."""
    with pytest.raises(Rejected) as caught:
        parse_post_event(encoded(golden("post.created", quotes=[quote])))
    assert caught.value.reason.where == "data.quotes.0"


@pytest.mark.parametrize("name", ["post.endorsed", "answer.accepted"])
def test_nobody_praises_themselves(name: str) -> None:
    """Merit comes from others."""
    with pytest.raises(Rejected):
        parse_post_event(encoded(golden(name, by="U01ALICE")))


def test_numbers_in_quotes_are_no_numbers() -> None:
    """Values are taken as they are written, so the generated schema says the same."""
    with pytest.raises(ValidationError):
        parse_post_event(encoded(golden("post.created", revision="1")))
