"""Guideline 10. The texts contain slurs and hateful statements; they are worded for this project."""

from __future__ import annotations

import pytest

from events.policy import RuleSettings
from services.screening.guidelines.no_hate import NoHate
from tests.support.policies import community
from tests.support.screening import cases_on, findings_on

GUIDELINE = "no-hate"


@pytest.mark.parametrize(
    "text",
    ["shut up, you stupid faggot", "go away, you n1gger", "those kikes again", "@dana you filthy p a k i"],
)
def test_an_aimed_slur_goes_to_a_person(text: str) -> None:
    """Disguised or not."""
    assert cases_on(text, GUIDELINE)["slur"] == "review"


@pytest.mark.parametrize(
    "text",
    ['the word "faggot" is a slur', "he called me a faggot yesterday", 'she wrote "shut up, you kike" to me'],
)
def test_a_slur_that_is_spoken_of_goes_to_a_person(text: str) -> None:
    """Condemning and quoting lower what follows, and never erase the worst words."""
    assert cases_on(text, GUIDELINE)["slur"] == "review"


@pytest.mark.parametrize(
    ("text", "case", "mode"),
    [
        ("Muslims are vermin", "dehumanising", "review"),
        ("Veterans are animals and should be put away", "dehumanising", "review"),
        ("women are not human", "dehumanising", "review"),
        ("I hate immigrants", "demeaning", "review"),
        ("disabled people are lazy", "demeaning", "review"),
        ("Women can't do analytics, everybody knows that", "demeaning", "review"),
        ("We met some refugees. They are all parasites.", "dehumanising", "review"),
        ("filthy lesbians", "demeaning", "review"),
    ],
)
def test_a_hostile_statement_about_a_group(text: str, case: str, mode: str) -> None:
    """What is said of a group, in the same sentence or by "they" in the next one."""
    assert cases_on(text, GUIDELINE)[case] == mode


@pytest.mark.parametrize(
    "text",
    [
        "women are not vermin",
        "no refugees are criminals",
        "Managers are vermin",
        "women say that the filters are disgusting",
        "the Mexicans on our team fixed the animals in the picture",
        "I hate it when women are treated badly",
        "kill the query, women and men wait for it",
        "Chinese characters are everywhere in the export",
    ],
)
def test_what_is_not_said_of_a_group_is_no_hate(text: str) -> None:
    """Denied, said of others, or said of nobody."""
    assert set(cases_on(text, GUIDELINE).values()) <= {"allowed", "shadow"}


def test_counter_speech_is_recorded_as_allowed() -> None:
    """Somebody who condemns a statement repeats it."""
    found = cases_on("Saying that Jews are vermin is hateful, please stop", GUIDELINE)
    assert found == {"counter-speech": "allowed"}


def test_a_homonym_is_harmless_and_hides_nothing() -> None:
    """What a harmless phrase holds doesn't count; the same word elsewhere does."""
    assert cases_on("a chink in the armor", GUIDELINE) == {}
    assert cases_on("a chink in the armor, you stupid chink", GUIDELINE)["slur"] == "review"


def test_words_that_are_coarse_in_a_dialect_are_no_hate() -> None:
    """Nobody is held to hate for how people of one dialect speak with each other."""
    for text in ("these hoes be loyal tho", "my nigga got the job", "bad bitch energy today"):
        assert "enforce" not in cases_on(text, GUIDELINE).values()


def test_a_table_goes_no_further_than_review() -> None:
    """Weighted words say what they came to, and a person decides."""
    lists = {"weights_demeaning": ("60: kitchen; sandwich",), "weights_signs": ("90: 🐀",)}
    settings = RuleSettings(lists=lists, params={"demeaning_from": 100, "trigger_demeaning": 50})
    assert {pattern.name for pattern in NoHate(settings).patterns()} == {"trigger"}
    case = community().case(GUIDELINE, "demeaning")
    assert case is not None
    assert case.mode_for(100) == "review"


@pytest.mark.parametrize(
    ("text", "term_class"),
    [
        ("all women are vermin", "dehumanising-gendered"),
        ("all refugees are vermin", "dehumanising"),
        ("you feminazi", "slur-gendered"),
        ("you wetback", "slur"),
        ("what a slut she is", "demeaning-gendered"),
    ],
)
def test_what_is_about_a_gender_has_a_class_of_its_own(text: str, term_class: str) -> None:
    """Sets about sexism are measured by it."""
    assert term_class in {found.term_class for found in findings_on(text, GUIDELINE)}


def test_evidence_points_at_the_words() -> None:
    """The span of a statement is what is said of the group; that of a slur, the slur as it was written."""
    body = "Ｈｉ! you f\u200baggot"
    (finding,) = [found for found in findings_on(body, GUIDELINE) if found.case == "slur"]
    (span,) = finding.spans
    assert body[span.start : span.end] == "f\u200baggot"
    assert (finding.term_class, "aimed" in finding.reason) == ("slur", True)
