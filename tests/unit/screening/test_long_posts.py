"""No text, however it was made, keeps a rule busy: one post may not hold up a partition."""

from __future__ import annotations

import time

import pytest

from events.posts import BODY_CHARS_MAX
from tests.support.screening import post_record, screen_with

SCREEN_S_MAX = 10.0
PIECES = [
    "a.com ", "https://a.com ", "www.a.com,", "a.com/www.", "https://www.",
    "fuck ", "f*ck", "f u c k ", "a.", "a.a", "www.a.", "a@", "ab at ab dot ", "https://",
    "<code>", "[quote]", "`", "```", "~~~a", "> ", "has anyone ", "1", "1 ", "1-", "+1 ", "(",
    "4539 ", "eyJ-", "eyJabcdefghijk.", "xoxb-", "-----BEGIN PRIVATE KEY-----", "password is ",
    "ab12 ", "i will kill you ", "he's ", "my ", "é", "𝐟", "f\u0301", "\u200b", "1 a street ",
    "sh1t", "aaab", "?ref=", "ghp_", "@dana you ", "buy now ", "$9 ", "://a:", "don't ", "\n",
    "\"", "рука ", "aр",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_post_of_one_piece_is_screened_in_time(piece: str) -> None:
    """The longest body there may be, of the same piece again and again."""
    body = (piece * BODY_CHARS_MAX)[:BODY_CHARS_MAX]
    screen, record = screen_with(), post_record(body)
    began = time.process_time()
    screen.screen("posts", record)
    assert time.process_time() - began < SCREEN_S_MAX


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_post_of_two_kinds_is_screened_in_time(piece: str) -> None:
    """One piece again and again after what makes every rule look."""
    body = (
        "fuck, our tool: https://a.example/?ref=x buy now, a@b.example, +1 415 867 5309 "
        + piece * BODY_CHARS_MAX
    )
    screen, record = screen_with(), post_record(body[:BODY_CHARS_MAX])
    began = time.process_time()
    screen.screen("posts", record)
    assert time.process_time() - began < SCREEN_S_MAX
