from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screening.text.lexicon import WORDS_MAX, Lexicon, read_table, terms, words

TABLES = {"a": {"sun": 5, "big sun": -2}, "b": {"sun": 1}}


def test_a_table_is_read_by_weight() -> None:
    """A weight, a colon, and the terms that have it."""
    assert read_table("t", ["12: sun; big sun", "-3: moon"]) == {"sun": 12, "big sun": 12, "moon": -3}


@pytest.mark.parametrize("entry", ["sun", "x: sun", "128: sun", "1.5: sun", ": sun"])
def test_an_entry_that_is_none_is_named(entry: str) -> None:
    """The error says which list and what was expected."""
    with pytest.raises(ValueError, match="list `t`: expected a weight"):
        read_table("t", [entry])


def test_terms_count_once_and_pairs_too() -> None:
    """However often a word occurs; a pair is two words that follow each other."""
    assert terms(words("sun, sun! big sun")) == {"sun", "big", "sun sun", "sun big", "big sun"}
    assert Lexicon(TABLES).sums(terms(words("big sun sun"))) == {"a": 3, "b": 1}


def test_emoji_are_words() -> None:
    """Each sign by itself; digits and punctuation are none."""
    assert words("it's 12 🐀🐀 ok") == ["it's", "🐀", "🐀", "ok"]


def test_only_so_many_words_are_added_up() -> None:
    """A long text costs no more."""
    assert len(words("sun " * 3 * WORDS_MAX)) == WORDS_MAX


@given(st.lists(st.sampled_from(["sun", "big", "moon"]), max_size=12), st.randoms())
def test_the_sum_does_not_depend_on_order(of: list[str], random: object) -> None:
    """Whole numbers add up to the same, in whatever order a set gives them."""
    found = terms(of)
    listed = sorted(found)
    random.shuffle(listed)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert Lexicon(TABLES).sums(found) == Lexicon(TABLES).sums(set(listed))
