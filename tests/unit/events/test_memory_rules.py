"""The thresholds of what adds up are the policy's, and held against what they mean."""

from __future__ import annotations

import pytest

from events.memory_rules import DIRECTED, MEMORY_RULES, REPEATED, SURE, finding, limits_of, rules_digest
from events.policy import Policy, RuleSettings
from events.policy_text import PolicyErrors, read_policy
from services.runtime.settings import PROJECT
from services.screening.guidelines import known_rules
from tests.support.policies import small_policy

TEXT = (PROJECT / "policies" / "community.yaml").read_text(encoding="utf-8")
POLICY = read_policy(TEXT, known_rules())


def with_rule(**settings: object) -> Policy:
    """The shipped policy, with other settings of the rule about repetition."""
    data = POLICY.model_dump(mode="json")
    data["rules"][REPEATED.name] = RuleSettings.model_validate(settings).model_dump(mode="json")
    return Policy.model_validate(data)  # made anew, because a copy would keep the version that was worked out


@pytest.mark.parametrize(
    ("was", "wrong", "told"),
    [
        ("repeated_posts: 3 ", "repeated_posts: 1 ", "expected 2 or more, found `1`"),
        ("campaign_minutes: 60", "campaign_minutes: 0", "expected 1 or more, found `0`"),
        ("pile_on_authors: 5", "pile_on_authors: many", "expected a whole number, found `many`"),
        ("posts_a_week: 5", "posts_a_wek: 5", "rule `no-bullying.over-time` has no param `posts_a_wek`"),
    ],
)
def test_a_threshold_that_means_nothing_is_told_by_its_line(was: str, wrong: str, told: str) -> None:
    """Before it can strike everybody."""
    over_time = TEXT.index("  no-spam.over-time:")
    text = TEXT[:over_time] + TEXT[over_time:].replace(was, wrong, 1)
    line = text[: text.index(wrong, over_time)].count("\n") + 1
    with pytest.raises(PolicyErrors) as refused:
        read_policy(text, known_rules())
    assert [(error.line, error.problem) for error in refused.value.errors] == [(line, told)]


def test_a_policy_without_the_rule_has_nothing_remembered() -> None:
    """Nor one that turns it off."""
    assert limits_of(small_policy(), REPEATED) is None
    assert limits_of(with_rule(enabled=False), REPEATED) is None
    assert finding(small_policy(), DIRECTED, "badgering", SURE, "a reason") is None


def test_what_a_policy_leaves_out_has_the_contract_s_default() -> None:
    """And what it says is what counts."""
    limits = limits_of(with_rule(params={"repeated_posts": 7}), REPEATED)
    assert limits is not None
    assert (limits.values["repeated_posts"], limits.values["campaign_authors"]) == (7, 3)


def test_a_rule_in_shadow_finds_what_has_no_effect() -> None:
    """Whatever the case says."""
    found = finding(with_rule(mode="shadow"), REPEATED, "repetition", SURE, "a reason")
    assert found is not None
    assert found.mode == "shadow"


def test_the_digest_changes_with_the_settings() -> None:
    """And with nothing else."""
    renamed = POLICY.model_copy(update={"name": "another"})
    assert rules_digest(renamed, REPEATED) == rules_digest(POLICY, REPEATED)
    assert rules_digest(with_rule(params={"repeated_posts": 7}), REPEATED) != rules_digest(POLICY, REPEATED)


def test_rules_are_named_for_their_guideline_and_their_cases_are_there() -> None:
    """So that a finding's rule says what it enforces."""
    for name, rule in MEMORY_RULES.items():
        assert name.startswith(f"{rule.guideline}.")
        assert all(POLICY.case(rule.guideline, case) is not None for case in rule.cases)
        assert rule.severals <= set(rule.params)
