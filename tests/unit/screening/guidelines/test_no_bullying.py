"""Guideline 9, as far as one post shows it."""

from __future__ import annotations

import pytest

from tests.support.screening import cases_on, findings_on

GUIDELINE = "no-bullying"


@pytest.mark.parametrize(
    "text",
    [
        "You are an idiot",
        "you're such a total moron",
        "ur a loser",
        "Only a moron like you would ask that",
        "you really are a complete imbecile",
        "@dana you pathetic clown",
        "shut your mouth",
        "nobody likes you",
    ],
)
def test_an_insult_at_a_person_is_enforced(text: str) -> None:
    """The person addressed, and an insult."""
    assert cases_on(text, GUIDELINE) == {"insult": "enforce"}


@pytest.mark.parametrize("text", ["idiot", "what a moron!", "you are a liar", "get a life"])
def test_what_may_be_an_insult_goes_to_a_person(text: str) -> None:
    """Without saying who is meant, or with a word that may be fair."""
    assert cases_on(text, GUIDELINE) == {"insult": "review"}


@pytest.mark.parametrize(
    "text",
    [
        "you are not an idiot",
        "if you were an idiot you wouldn't ask",
        "I am an idiot",
        "what a stupid bug",
        "your query is stupid",
        "you can use a dumb terminal",
        "he called me a moron",
        "you mean the other one",
        "they told us to shut up",
        "your stupid-simple installer works",
        "the loser of the A/B test",
    ],
)
def test_no_insult_at_a_person(text: str) -> None:
    """Denied, supposed, of oneself, of a thing, or told of others."""
    assert "enforce" not in cases_on(text, GUIDELINE).values()
    assert "review" not in cases_on(text, GUIDELINE).values()


def test_a_quoted_insult_has_no_effect() -> None:
    """It may be somebody else's, or be reported."""
    assert cases_on('he wrote "you are an idiot" to her', GUIDELINE) == {"insult": "shadow"}
    assert cases_on("> you are an idiot\nplease don't", GUIDELINE) == {"insult": "shadow"}
    assert cases_on("`you are an idiot`", GUIDELINE) == {}


def test_a_disguise_hides_no_insult() -> None:
    """Tricks are undone before insults are looked for."""
    (finding,) = findings_on("you are an i d i o t", GUIDELINE)
    (span,) = finding.spans
    assert (finding.mode, "you are an i d i o t"[span.start : span.end]) == ("enforce", "i d i o t")
