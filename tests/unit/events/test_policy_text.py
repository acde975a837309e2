"""Every fault of a policy's text is named by line, key and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.policy import load_canonical
from events.policy_text import PolicyError, PolicyErrors, read_policy

COMMUNITY = (Path(__file__).parents[3] / "policies" / "community.yaml").read_text(encoding="utf-8")
TEXT = COMMUNITY[: COMMUNITY.index("\nrules:")]


class Contract(msgspec.Struct, frozen=True):
    """A rule's contract, as small as it can be."""

    guideline: str = "no-spam"
    cases: tuple[str, ...] = ("flood",)
    params: Mapping[str, int | str | bool] = MappingProxyType({"window_s": 60, "strict": True})
    lists: Mapping[str, str] = MappingProxyType({"hosts": "registrable domains"})


RULES = {"spam.links": Contract(), "spam.flood": Contract()}


def faults(text: str, rules: Mapping[str, Contract] | None = None) -> tuple[PolicyError, ...]:
    """What is wrong with a text."""
    with pytest.raises(PolicyErrors) as caught:
        read_policy(text, rules)
    return caught.value.errors


def fault(old: str, new: str) -> PolicyError:
    """The one thing that is wrong once something in the text was replaced."""
    assert old in TEXT
    [only] = faults(TEXT.replace(old, new, 1))
    return only


def line_of(text: str, part: str) -> int:
    """Where something stands."""
    return text[: text.index(part)].count("\n") + 1


def rules(yaml: str) -> str:
    """The text with another section of rules."""
    return f"{TEXT}\nrules:\n{yaml}"


def test_an_unknown_rule_is_answered_with_the_one_that_was_meant() -> None:
    """The line is the rule's."""
    text = rules("  spam.flood: {}\n  spam.link: {}\n")
    [only] = faults(text, RULES)
    assert str(only) == (
        f"line {line_of(text, 'spam.link:')}, `rules.spam.link`: "
        "unknown rule `spam.link`: did you mean `spam.links`?"
    )


def test_a_rules_settings_are_held_against_its_contract() -> None:
    """Parameters and lists that it doesn't read are refused, and so are values of another type."""
    text = rules("  spam.links:\n    params: {windw_s: 5, strict: 1}\n    lists: {host: [a]}\n")
    assert [(error.key, error.remedy) for error in faults(text, RULES)] == [
        ("rules.spam.links.params.strict", "the default is `True`"),
        ("rules.spam.links.params.windw_s", "did you mean `window_s`?"),
        ("rules.spam.links.lists.host", "did you mean `hosts`?"),
    ]


def test_a_rule_that_finds_a_case_which_the_policy_lacks_is_refused() -> None:
    """A finding without a price would be lost."""
    [only] = faults(rules("  x: {}\n"), {"x": Contract(cases=("tsunami",))})
    assert only.remedy == "add the case to `no-spam`"


def test_rules_are_not_checked_where_they_are_not_known() -> None:
    """A policy can be read by what has no rules."""
    assert "anything" in read_policy(rules("  anything: {}\n")).rules


def test_a_wrong_value_is_named_by_its_line() -> None:
    """And what is expected, and what was meant."""
    only = fault("mode: shadow", "mode: shadwo")
    assert (only.line, only.remedy) == (line_of(TEXT, "mode: shadow"), "did you mean `shadow`?")
    assert only.problem.endswith("found `shadwo`")


@pytest.mark.parametrize("value", ["yes", "'180'", "18.5", "[]", "null", "-1"])
def test_a_number_is_a_number(value: str) -> None:
    """YAML's `yes` isn't one day."""
    assert fault("appeal_days: 180", f"appeal_days: {value}").key == "appeal_days"


def test_a_word_that_yaml_takes_for_something_else_is_to_be_quoted() -> None:
    """`no` is false to YAML."""
    assert fault("[self-harm,", "[no,").remedy == "put it in quotes"


def test_an_unknown_key_is_answered_with_the_one_that_was_meant() -> None:
    """Wherever it stands."""
    assert fault("told_after_hours", "tell_after_hours").remedy == "did you mean `told_after_hours`?"
    assert fault("breaker:", "braker:").remedy == "did you mean `breaker`?"
    unknown, missing = faults(
        TEXT.replace("- {points: 3, suspension_hours", "- {pionts: 3, suspension_hours")
    )
    assert (missing.remedy, unknown.remedy) == ("add `points:`", "did you mean `points`?")


def test_a_key_that_is_there_twice_is_refused() -> None:
    """YAML would keep the last, silently."""
    only = fault("appeal_days: 180", "appeal_days: 180\nappeal_days: 90")
    assert only.problem == "`appeal_days` is there twice"


def test_all_faults_are_told_at_once() -> None:
    """In the order of lines."""
    text = (
        TEXT.replace("points: 1,", "points: one,")
        .replace("mode: reminder", "mode: nag")
        .replace("title: Privacy", "")
    )
    errors = faults(text)
    assert len(errors) == 3
    assert [error.line for error in errors] == sorted(error.line for error in errors)


def test_the_policy_as_a_whole_is_held_to_its_rules() -> None:
    """Faults that no single key is to blame for are told where they can be corrected."""
    assert fault("- {points: 12}", "- {points: 2}").key == "ladder"
    assert fault("id: power-user", "id: privacy").key == "guidelines"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: [1, 2", 1),
        ("name: a\n  b: c", 2),
        ("a: b\n\tc: d", 2),
        ("", 1),
        ("- a", 1),
        ("a: \x00", 1),
        ("[" * 5_000, 1),
    ],
)
def test_a_text_that_is_no_policy_at_all_is_told_with_a_line(text: str, line: int) -> None:
    """Nobody sees a parser's traceback."""
    [only] = faults(text)
    assert only.line == line


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "a: &a [1,1,1,1,1,1]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(3)) + "x: &x {x: *x}",
    ],
)
def test_a_text_that_repeats_itself_without_end_is_refused(text: str) -> None:
    """A few lines can't fill the memory."""
    [only] = faults(text)
    assert only.problem == "too much in here"


def test_a_policy_read_from_text_is_the_one_in_its_canonical_form() -> None:
    """Text and topic hold the same policy, under the same version."""
    policy = read_policy(COMMUNITY)
    assert load_canonical(policy.canonical) == policy
    assert load_canonical(policy.canonical).version == policy.version


def test_comments_and_layout_do_not_change_the_version() -> None:
    """The version is that of what is said, not of how."""
    assert read_policy("# a remark\n" + COMMUNITY).version == read_policy(COMMUNITY).version


@given(st.text(max_size=80))
def test_any_text_is_answered_with_lines(text: str) -> None:
    """Whatever is read, the answer is for people."""
    assert all(error.line >= 1 and error.remedy for error in faults(text))
