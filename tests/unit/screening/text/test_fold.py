from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screening.text.fold import Folded, Vocabulary, fold, located, views

VOCABULARY = Vocabulary(["funnel", "report~"])


@given(st.text())
def test_every_folded_character_has_a_place(text: str) -> None:
    """Places rise, and are those of the original."""
    folded = located(text, fold(text))
    places = folded.places if folded.places is not None else tuple(range(len(text)))
    assert len(places) == len(folded.text)
    assert all(0 <= place < len(text) for place in places)
    assert list(places) == sorted(places)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    """A folded text is folded."""
    once = fold(text)
    assert fold(once) in {once, fold(fold(once))}


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_keeps_its_places(text: str) -> None:
    """Plain text only changes its case."""
    assert fold(text) == text.lower()
    assert located(text, fold(text)).places is None


@given(st.text(alphabet="fun el1@$!|*#. -_e3\u200b"))
def test_views_lead_back_to_the_original(text: str) -> None:
    """A stretch of any reading has a stretch of the original, within its bounds."""
    for view in views(located(text, fold(text)), VOCABULARY):
        assert view.places is not None
        assert len(view.places) == len(view.text)
        if view.text:
            start, end = view.span(0, len(view.text))
            assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "ｆｕｎｎｅｌ",
        "𝐟𝐮𝐧𝐧𝐞𝐥",
        "ⓕⓤⓝⓝⓔⓛ",
        "fünnël",
        "f\u200bunnel",
        "funn\u0301el",
        "fuոոel",
        "ꜰᴜɴɴᴇʟ",
        "🅵🅄🄽🄽🄴🄻",
        "FUNNEL",
    ],
)
def test_look_alikes_read_as_what_they_look_like(text: str) -> None:
    """Other forms of letters, marks and invisible characters are folded away."""
    assert fold(text) == "funnel"


@pytest.mark.parametrize("text", ["рука", "это наша воронка", "η αναφορά", "воронка and funnel"])
def test_real_words_of_other_scripts_stay(text: str) -> None:
    """Only a word that mixes scripts is read across them."""
    assert fold(text) == text.lower().replace("ά", "α") or fold(text) == text.lower()


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("f u n n e l", "funnel"),
        ("my f.u.n.n.e.l", "my funnel"),
        ("a f u n n e l", "a funnel"),
        ("fuuuunnel", "funnel"),
        ("funne1", "funnel"),
        ("f*nn*l", "funnel"),
        ("r#p*rts", "reports"),
        ("$tep", "step"),
    ],
)
def test_tricks_are_undone(text: str, reading: str) -> None:
    """Letters apart, held, masked, or written as signs and digits."""
    assert reading in {view.text for view in views(Folded(fold(text)), VOCABULARY)}


def test_plain_text_has_no_other_reading() -> None:
    """Nothing is made of a text without tricks."""
    assert views(Folded("we look at the report of 2030, step 2"), VOCABULARY) == ()


def test_masked_letters_that_could_be_anything_stay_masked() -> None:
    """One visible letter isn't enough."""
    assert views(Folded("r*****"), VOCABULARY) == ()
