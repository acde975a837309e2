"""What people wrote, cut into runs: nothing is lost, nothing hides, and what is masked isn't there."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from services.api.console.text import MASK, Mark, Run, runs, shown

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff\x00\x1b"


def test_what_was_found_is_a_run_of_its_own() -> None:
    """The template marks it; the rest stays as it is."""
    found = runs("you are an idiot, sir", [Mark(11, 16, "insult")])
    assert found == [
        Run("plain", "you are an "),
        Run("found", "idiot", "insult"),
        Run("plain", ", sir"),
    ]


def test_what_is_masked_leaves_its_last_two_characters() -> None:
    """Enough to tell two numbers apart, and no more; masking wins over marking."""
    found = runs("card 4916338506082832!", [Mark(0, 21, "a card"), Mark(5, 21, "a card", masked=True)])
    assert found[1] == Run("found", MASK * 14 + "32", "a card")
    assert "4916" not in "".join(run.text for run in found)


def test_what_is_short_is_masked_whole() -> None:
    """Two characters of four would tell half of it."""
    assert runs("pin 1234", [Mark(4, 8, "a code", masked=True)])[1].text == MASK * 4


def test_a_mark_beyond_the_text_is_cut() -> None:
    """Evidence of another revision does no harm."""
    assert runs("short", [Mark(3, 99, "x"), Mark(50, 60, "y")]) == [
        Run("plain", "sho"),
        Run("found", "rt", "x"),
    ]


def test_every_character_that_turns_or_hides_text_is_shown_by_name() -> None:
    """No override, isolate, zero-width or control character reaches the page."""
    for char in TURNING:
        found = runs(f"a{char}b")
        assert [run.sort for run in found] == ["plain", "control", "plain"]
        assert char not in "".join(run.text for run in found)
        assert char not in shown(f"a{char}b")


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.booleans())))
def test_nothing_is_lost_and_nothing_hides(text: str, marks: list[tuple[int, int, bool]]) -> None:
    """Without masks the runs say the whole text, but for the characters that are named instead."""
    found = runs(text, [Mark(begin, end, "x", masked) for begin, end, masked in marks])
    said = "".join(run.text for run in found)
    assert not any(unicodedata.category(char) in {"Cf", "Cc"} and char not in "\n\t" for char in said)
    if not any(masked for _, _, masked in marks):
        plain = "".join(run.text for run in found if run.sort != "control")
        kept = [char for char in text if not any(run.sort == "control" for run in runs(char))]
        assert plain == "".join(kept)
