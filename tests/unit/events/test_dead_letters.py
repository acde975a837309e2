"""A dead letter's headers say why it was refused and where it stood."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from events.dead_letters import (
    DEAD_CODES,
    HEADER_CHARS_MAX,
    DeadReason,
    from_headers,
    original_headers,
    to_headers,
)

TEXT = st.text(min_size=1, max_size=HEADER_CHARS_MAX, alphabet=st.characters(codec="utf-8"))
PATHS = st.lists(st.from_regex(r"[a-z.]{1,30}", fullmatch=True), max_size=5).map(tuple)
REASONS = st.builds(DeadReason, st.sampled_from(DEAD_CODES), TEXT, TEXT, TEXT, TEXT, PATHS)
NUMBERS = st.integers(min_value=0, max_value=2**62)


@given(REASONS, NUMBERS, NUMBERS, NUMBERS)
def test_headers_are_read_back_as_they_were_written(
    reason: DeadReason, partition: int, offset: int, timestamp: int
) -> None:
    """What the producer sees is what was meant."""
    letter = from_headers(to_headers(reason, "posts", partition, offset, timestamp))
    assert letter is not None
    assert letter.reason == reason
    assert (letter.topic, letter.partition, letter.offset, letter.timestamp) == (
        "posts",
        partition,
        offset,
        timestamp,
    )


def test_original_headers_come_back_for_a_replay() -> None:
    """What is replayed is what was sent."""
    sent = (("traceparent", b"00-ab"), ("gs-other", b"kept"))
    added = to_headers(DeadReason("key_missing", "key", "a key", "null", "send one"), "posts", 0, 1, 2)
    assert original_headers((*sent, *added)) == sent


def test_headers_of_something_else_are_no_dead_letter() -> None:
    """A stray record in the topic stops nobody."""
    assert from_headers([]) is None
    assert from_headers([("gs-reason-code", b"key_missing")]) is None
    broken = to_headers(DeadReason("key_missing", "key", "a key", "null", "send one"), "posts", 0, 1, 2)
    assert from_headers([*broken, ("gs-origin-offset", b"many")]) is None


def test_headers_are_bounded() -> None:
    """A dead letter still fits its topic."""
    reason = DeadReason("field_invalid", "w" * 9_000, "e" * 9_000, "f" * 9_000, "r" * 9_000, ("o" * 9_000,))
    assert sum(len(name) + len(value) for name, value in to_headers(reason, "posts", 0, 0, 0)) < 5_000
