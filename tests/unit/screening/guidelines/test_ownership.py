"""Guideline 7: where a mark counts, what means something only together, and what a key looks like."""

from __future__ import annotations

import pytest

from services.screening.evaluation.own_cases import fill
from tests.support.screening import cases_on, findings_on

GUIDELINE = "ownership"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Strictly confidential: the plant in Hull closes on 3 May", True),
        ("Draft, strictly confidential. The plant in Hull closes on 3 May", True),
        ("The plant in Hull closes on 3 May, and that is strictly confidential to 3 of us", False),
        ("Strictly confidential shredding comes on 3 May, boxes into the hallway", False),
        ("Strictly confidential: ask me tomorrow", False),
        ("Embargoed until Monday: 40 million for the startup", True),
        ("Embargoed until the last of us has seen all 40 slides", False),
    ],
)
def test_a_mark_counts_at_the_head_of_what_it_marks(text: str, found: bool) -> None:
    """Within a sentence it is talked about; with nothing behind it, it marks nothing."""
    assert cases_on(text, GUIDELINE) == ({"confidential-content": "review"} if found else {})


HANDED = "Attached is the list of our patients with their dates of birth"


@pytest.mark.parametrize(
    "text",
    [
        HANDED.replace("Attached is", "Who keeps"),
        HANDED.replace("list", "bill").replace("dates of birth", "parking"),
        HANDED.replace("our patients", "our kilns"),
        f"{HANDED}, all made up by the simulator",
        "Never paste it here when attached is the list of our patients with their dates of birth",
    ],
)
def test_a_customer_s_data_needs_all_of_its_signs(text: str) -> None:
    """That something is handed over, data, and whose; not made up, and not warned of."""
    assert cases_on(HANDED, GUIDELINE) == {"customer-content": "review"}
    assert cases_on(text, GUIDELINE) == {}


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("Here is the source code of my last employer, have fun with it", "confidential-content"),
        ("You didn't hear it from me, but the layoffs start in May", "confidential-content"),
        ("You didn't hear it from me, but the cake is good", None),
        ("I scanned the whole textbook, the pdf is on my drive, help yourselves", "pirated-work"),
        ("The whole textbook is open access, the pdf is on the publisher's site, here", None),
        ("The whole textbook is heavy", None),
    ],
)
def test_what_means_something_only_together(text: str, case: str | None) -> None:
    """A word alone is nothing."""
    assert set(cases_on(text, GUIDELINE)) == ({case} if case else set())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{licencefive a1}}", True),
        ("{{licencefour a2}}", False),
        ("the key is {{licencefour a2}}", True),
        ("the k3y is {{licencefour a2}}", True),
        ("the tracking code is {{licencefour a2}}", False),
        ("the key has a form such as {{licencefive a1}}", False),
        ("the key is 2030-0412-0099-1234", False),
    ],
)
def test_what_a_licence_s_key_looks_like(text: str, found: bool) -> None:
    """Its shape alone is enough only where nothing else has it."""
    assert cases_on(fill(text), GUIDELINE) == ({"licence-key": "review"} if found else {})


def test_the_places_of_what_was_found_go_along() -> None:
    """A person is shown where to look."""
    (finding,) = findings_on(HANDED, GUIDELINE)
    assert finding.spans
    assert {HANDED[span.start : span.end] for span in finding.spans} <= {"list", "dates of birth"}
