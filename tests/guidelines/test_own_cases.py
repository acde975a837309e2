"""The project's own cases, guideline by guideline: what must be found, and beside each trap what must not.

The texts contain slurs, threats and coarse language. They are worded for this project; how the rules do on
other people's texts is measured elsewhere, and only that says how good they are.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from services.screening.bare import BareScreen
from services.screening.evaluation.measuring import CaseResult, measure_cases
from services.screening.evaluation.own_cases import CASES_SUFFIX, read_cases
from tests.support.screening import KEY, default_rulebook

FOLDER = Path(__file__).parent / "cases"
GUIDELINES = sorted(file.stem for file in FOLDER.glob(f"*{CASES_SUFFIX}"))
CASES_MIN = {
    "keep-it-clean": 300,
    "no-hate": 500,
    "no-bullying": 200,
    "no-spam": 220,
    "no-selling": 240,
    "ownership": 220,
    "privacy": 200,
}
MARGIN_PERCENT = 2
"""So many of a guideline's cases may come out otherwise."""
CHARACTERISTICS = (
    "race",
    "ethnicity",
    "national origin",
    "religion",
    "orientation",
    "gender identity",
    "disability",
    "veteran status",
)
"""Those that the guideline on hate names; "race" stands for colour too."""


def fresh() -> BareScreen:
    """A screen without a history, under the default rules."""
    return BareScreen(default_rulebook(), KEY)


@cache
def results(guideline: str) -> tuple[CaseResult, ...]:
    """Every case of a guideline's file, screened by the policy that ships."""
    text = (FOLDER / f"{guideline}{CASES_SUFFIX}").read_text(encoding="utf-8")
    return tuple(measure_cases(read_cases(guideline, text), fresh))


def shown(result: CaseResult) -> str:
    """What came of a case that failed."""
    return f"{result.case.id} ({result.case.trap}): expected {result.case.mode}, found {result.found}"


@pytest.mark.parametrize("guideline", GUIDELINES)
def test_own_cases_come_out_as_expected_but_for_a_margin(guideline: str) -> None:
    """Within the margin, what is expected of each case comes of it."""
    failed = [shown(result) for result in results(guideline) if not result.passed]
    assert len(failed) * 100 <= MARGIN_PERCENT * len(results(guideline)), "\n".join(failed)


@pytest.mark.parametrize("guideline", GUIDELINES)
def test_nothing_harmless_is_enforced(guideline: str) -> None:
    """What nothing must come of is at worst looked at by a person: no margin here."""
    enforced = [
        shown(result)
        for result in results(guideline)
        if result.case.mode != "enforce" and result.mode == "enforce"
    ]
    assert enforced == []


@pytest.mark.parametrize("guideline", sorted(CASES_MIN))
def test_both_sides_of_each_trap_have_cases(guideline: str) -> None:
    """There are enough cases, with a good part that nothing must come of."""
    modes = Counter(result.case.mode for result in results(guideline))
    assert sum(modes.values()) >= CASES_MIN[guideline]
    assert modes["none"] * 4 >= sum(modes.values())


@pytest.mark.parametrize("characteristic", CHARACTERISTICS)
def test_every_characteristic_has_cases_on_both_sides(characteristic: str) -> None:
    """Hate against whoever the guideline names is found, and naming them is none."""
    of = [result for result in results("no-hate") if result.case.trap.endswith(f": {characteristic}")]
    assert sum(result.case.mode == "review" and result.passed for result in of) >= 10
    assert sum(result.case.mode == "none" and result.passed for result in of) >= 5


def test_no_counter_speech_is_enforced() -> None:
    """Condemning, quoting and denying hate is never enforced."""
    of = [result for result in results("no-hate") if result.case.trap.startswith("counter-speech")]
    assert len(of) >= 50
    assert all(result.mode != "enforce" for result in of)


@pytest.mark.parametrize("trick", range(1, 19))
def test_every_trick_is_seen_through(trick: int) -> None:
    """Each of the eighteen ways to disguise a word."""
    of = [result for result in results("keep-it-clean") if result.case.trap == f"trick {trick}"]
    assert len(of) >= 4
    assert sum(result.mode == "enforce" for result in of) * 100 >= 95 * len(of)
