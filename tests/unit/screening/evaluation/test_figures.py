"""Counting, sampling, reporting: the machinery of measuring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pytest

from services.screening.bare import BareScreen
from services.screening.evaluation.figures import Counts, wilson_low
from services.screening.evaluation.labelled import LabelledSet, LabelledText, Measure, held_out
from services.screening.evaluation.labelled_contacts import SETS as CONTACT_SETS
from services.screening.evaluation.measuring import Tally, measure_cases, measure_set
from services.screening.evaluation.own_cases import fill, read_cases
from services.screening.evaluation.report import BEGIN, END, Results, document, failures
from services.screening.evaluation.samples import sample, satisfies
from services.screening.text.identifiers import card_number, iban_number, ssn_number
from tests.support.policies import community
from tests.support.screening import KEY, default_rulebook


def fresh() -> BareScreen:
    """A screen without a history."""
    return BareScreen(default_rulebook(), KEY)


def texts(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """One text a line: what is to be found begins with a plus."""
    for number, line in enumerate(files["a.txt"].splitlines()):
        yield LabelledText(
            str(number), line[1:], {"spam": line[0] == "+"}, ordinary="wikipedia", groups=("g",)
        )


SMALL = LabelledSet("small", "Small", "here", "none", ("a.txt",), texts, (Measure("spam", ("no-selling",)),))
FILE = "+Book a demo with us and get 20% off: https://northboard.store/?ref=me\n+hello\n-hello\n-good morning"


def measured() -> Results:
    """The small set and one own case, measured."""
    tally = Tally()
    cases = measure_cases(
        read_cases("no-selling", '{"id":"a","body":"hello","expect":{"mode":"review"}}'), fresh
    )
    return Results("digest", [measure_set(SMALL, {"a.txt": FILE}, fresh, tally)], tally, cases)


def test_precision_recall_and_their_interval() -> None:
    """By hand: 8 of 10 found are right, 8 of 16 were found."""
    counts = Counts(8, 2, 8, 82)
    assert counts.precision == 0.8
    assert counts.recall == 0.5
    assert counts.f1 == pytest.approx(8 / 13)
    assert wilson_low(8, 10) == pytest.approx(0.4901625)
    assert Counts().precision is Counts().recall is None


def test_fewer_than_73_findings_show_no_lower_bound_of_95() -> None:
    """Even if all are right; from then on they do."""
    assert wilson_low(72, 72) < 0.95 < wilson_low(74, 74)


def test_a_set_is_counted_by_text() -> None:
    """One of two found, nothing found wrongly; all are ordinary and of one group."""
    results = measured()
    assert results.sets[0].measured[0].all["either"] == Counts(1, 0, 1, 2)
    assert results.tally.ordinary["wikipedia", "", "either"].count == 1
    assert results.tally.groups["g", "no-selling", "enforced", False].of == 4
    assert results.tally.groups["g", "no-selling", "enforced", True].of == 2


def test_cases_put_aside_do_not_count_as_enforced_but_do_for_recall() -> None:
    """A set that doesn't ask about cursing at nobody says nothing against enforcing it."""
    measure = Measure("spam", ("keep-it-clean",), aside=frozenset({"strong-cursing"}))
    one = LabelledSet("small", "Small", "here", "none", ("a.txt",), texts, (measure,))
    result = measure_set(one, {"a.txt": "+fuck you\n+this is fucked\n-well, shit"}, fresh, Tally())
    assert result.measured[0].all["enforced"] == Counts(1, 0, 1, 1)
    assert result.measured[0].all["either"] == Counts(2, 1, 0, 0)


def test_examples_of_a_scanner_satisfy_its_rule_and_are_none_that_it_lets_pass() -> None:
    """Boundaries hold, and what the rule's own list of exceptions matches is drawn again."""
    rules = """
[[rules]]
id = "token"
regex = '(?:tok|abc)[0-9]\\b(?:;|x)'
[[rules.allowlists]]
regexes = ['abc']
"""
    (secrets,) = [one for one in CONTACT_SETS if one.name == "secrets"]
    made = [text.text for text in secrets.texts({"a.toml": rules})]
    assert len(made) == 3
    assert all(re.search("tok[0-9];", text) for text in made)


def test_an_expression_is_satisfied_with_its_boundaries() -> None:
    """What is drawn letter by letter may break them."""
    assert satisfies(r"\bkind\b", "a kind one")
    assert not satisfies(r"\bkind\b", "kindly")


def test_the_report_is_the_same_each_time_and_holds_no_text() -> None:
    """The same counts give the same bytes; nothing of what was measured is in them."""
    report = document(community(), measured(), "")
    assert report == document(community(), measured(), report)
    assert "northboard" not in report
    assert "good morning" not in report
    assert f"{BEGIN}digest" in report


def test_figures_are_kept_where_the_data_is_missing() -> None:
    """Without data, the part between the marks stays as it was measured."""
    results = measured()
    report = document(community(), results, "")
    results.sets = []
    again = document(community(), results, report)
    assert again == report
    assert again.index(END) > again.index(BEGIN)


def test_what_is_not_as_promised_has_a_sentence() -> None:
    """The own case, and the budget of ordinary texts."""
    found = failures(measured())
    assert any("own case `a`" in text for text in found)
    assert any("enforced, expected at most" in text for text in found)


def test_what_is_held_out_never_moves() -> None:
    """About three tenths, by the id alone."""
    out = [number for number in range(1_000) if held_out(LabelledText(str(number), ""))]
    assert out == [number for number in range(1_000) if held_out(LabelledText(str(number), "another"))]
    assert 250 < len(out) < 350


@pytest.mark.parametrize(
    "expression", [r"\bab-[a-z]{4,8}(?:x|y)[0-9]+", r"(?i)k(?:ey)?\s=\s\"[^\"]{3,}\"", "a.b"]
)
def test_a_sample_satisfies_its_expression(expression: str) -> None:
    """Always the same for the same seed."""
    made = sample(expression, "seed")
    assert re.search(expression, made)
    assert made == sample(expression, "seed")


def test_placeholders_become_numbers_that_pass_their_checks() -> None:
    """And are always the same; one that doesn't exist is an error."""
    card, iban, ssn = fill("{{plaincard visa a}}|{{iban DE a}}|{{ssn a}}").split("|")
    assert card_number(card) == card
    assert iban_number(iban) == iban
    assert ssn_number(ssn) == ssn.replace("-", "")
    assert fill("{{card visa a}}").replace(" ", "") == card
    with pytest.raises(ValueError, match="no placeholder"):
        fill("{{nothing}}")


def test_a_bad_case_is_named_by_its_line() -> None:
    """With what is wrong with it."""
    with pytest.raises(ValueError, match=r"cases of `privacy`, line 2: .*mode"):
        list(
            read_cases(
                "privacy", '{"id":"a","body":"b","expect":{"mode":"none"}}\n{"id":"c","body":"d","expect":{}}'
            )
        )
