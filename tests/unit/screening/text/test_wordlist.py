from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from services.screening.text.wordlist import Wordlist, first_within, last_within
from services.screening.text.zones import Cover

LIST = Wordlist(["sun", "big sun", "moon~", "a b c"])


def found(text: str) -> list[str]:
    """What is found, as it stands in the text."""
    return [text[start:end] for start, end in LIST.find(text)]


def test_the_longest_entry_counts() -> None:
    """And none within another."""
    assert found("the big sun, sun") == ["big sun", "sun"]


def test_a_stem_stands_for_more_letters() -> None:
    """Whole words otherwise."""
    assert found("moonlight sunlight moon") == ["moonlight", "moon"]


def test_words_may_be_apart() -> None:
    """Whatever stands between the words of an entry that isn't a word."""
    assert found("big-sun a, b / c") == ["big-sun", "a, b / c"]


@given(st.text(alphabet="sunbig mo.abc", max_size=60))
def test_single_words_are_those_that_re_finds(text: str) -> None:
    """Against a plain search for one entry."""
    plain = [match.span() for match in re.finditer(r"(?<![a-z0-9'])sun(?![a-z0-9'])", text)]
    assert Wordlist(["sun"]).find(text) == plain


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=12),
    st.integers(0, 30),
    st.integers(1, 8),
)
def test_a_cover_holds_what_one_of_its_stretches_holds(
    stretches: list[tuple[int, int]], start: int, length: int
) -> None:
    """Against asking each stretch."""
    held = any(at <= start and start + length <= at + size for at, size in stretches)
    assert Cover((at, at + size) for at, size in stretches).holds(start, start + length) is held


def test_first_and_last_within_a_stretch() -> None:
    """None where there is none."""
    places = [(0, 3), (5, 8), (10, 12)]
    assert first_within(places, 1, 20) == (5, 8)
    assert last_within(places, 0, 9) == (5, 8)
    assert first_within(places, 6, 9) is None
    assert last_within(places, 6, 9) is None
