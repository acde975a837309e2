"""Sections that came to the policy later: an older text keeps its version, and what is said counts."""

from __future__ import annotations

import msgspec
import pytest

from events.policy import LATER_SECTIONS, Identity, Merits, ProfileRules, ReportWeights, load_canonical
from events.policy_text import PolicyErrors, read_policy
from tests.support.policies import community, small_policy

SECTIONS = {
    "report_weights": ReportWeights(),
    "merits": Merits(),
    "profile": ProfileRules(),
    "identity": Identity(),
}


def test_a_policy_without_the_later_sections_keeps_its_version() -> None:
    """Its canonical form doesn't have them, and reads back as it was."""
    policy = small_policy()
    said = msgspec.json.decode(policy.canonical)
    assert not LATER_SECTIONS & said.keys()
    assert load_canonical(policy.canonical).version == policy.version
    assert set(SECTIONS) == LATER_SECTIONS


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_section_that_is_said_is_part_of_the_version(name: str) -> None:
    """Even where it says what holds without it."""
    policy = small_policy(**{name: SECTIONS[name]})
    assert policy.version != small_policy().version
    assert load_canonical(policy.canonical).version == policy.version


def test_the_shipped_policy_says_them_all() -> None:
    """So that whoever reads it sees every number."""
    policy = community()
    assert policy.model_fields_set >= LATER_SECTIONS
    for name in ("keys", "groups_min", "possible", "probable", "key_days", "refresh_days"):
        assert name in policy.identity.model_fields_set


def test_a_mistake_in_them_is_told_by_its_line() -> None:
    """With what was meant."""
    text = (
        "schema_version: 1\nname: x\nguidelines: []\nseverities: {}\nladder: []\n"
        "identity:\n  keys:\n    email: {wieght: 1, group: email}\n  posible: 60\n"
    )
    with pytest.raises(PolicyErrors) as caught:
        read_policy(text)
    told = {(error.line, error.remedy) for error in caught.value.errors}
    assert (9, "did you mean `possible`?") in told
    assert (8, "did you mean `weight`?") in told
