"""The policy that is shipped says what the community promised its members."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from events.policy import GUIDELINE_IDS, Case
from events.policy_text import read_policy

TEXT = (Path(__file__).parents[3] / "policies" / "community.yaml").read_text(encoding="utf-8")
POLICY = read_policy(TEXT)

PROMISED = {
    "identify-yourself": {"incomplete-profile": (0, "reminder", "none")},
    "power-user": {},
    "one-account": {
        "duplicate-account": (0, "review", "none"),
        "impersonation": (3, "review", "restricted"),
        "barred-registration": (4, "review", "held"),
        "misrepresentation": (2, "report-only", "none"),
    },
    "keep-it-clean": {
        "mild-expletive": (0, "shadow", "none"),
        "strong-cursing": (1, "enforce", "hidden"),
        "cursing-at-somebody": (2, "enforce", "hidden"),
        "sexual-content": (2, "enforce", "hidden"),
        "graphic-violence": (2, "enforce", "hidden"),
        "explicit-image": (2, "report-only", "hidden"),
        "threat-of-violence": (4, "review", "hidden"),
        "self-harm-risk": (0, "review", "none"),
        "child-sexual-content": (4, "review", "hidden"),
    },
    "no-spam": {
        "repetition": (1, "enforce", "rest-hidden"),
        "flood": (1, "enforce", "rest-hidden"),
        "mass-unsolicited": (2, "enforce", "quarantined"),
        "campaign": (2, "enforce", "hidden"),
        "link-or-bait": (1, "review", "none"),
        "several-threads": (0, "allowed", "none"),
        "irrelevant": (0, "report-only", "none"),
    },
    "no-selling": {
        "commercial-link": (1, "enforce", "hidden"),
        "prospecting": (1, "enforce", "hidden"),
        "political-campaigning": (1, "review", "none"),
        "recommendation": (0, "allowed", "none"),
    },
    "ownership": {
        "confidential-content": (2, "review", "hidden"),
        "customer-content": (2, "review", "hidden"),
        "licence-key": (2, "review", "hidden"),
        "pirated-work": (2, "review", "hidden"),
        "copyright-complaint": (0, "legal-notice", "none"),
    },
    "privacy": {
        "card": (3, "enforce", "removed"),
        "national-id": (3, "enforce", "removed"),
        "password": (3, "enforce", "removed"),
        "phone": (2, "enforce", "hidden"),
        "email": (2, "enforce", "hidden"),
        "home-address": (2, "enforce", "hidden"),
        "own-contact": (0, "enforce", "hidden"),
        "secret": (0, "enforce", "removed"),
    },
    "no-bullying": {
        "insult": (1, "enforce", "hidden"),
        "badgering": (3, "review", "none"),
        "pile-on": (0, "review", "none"),
        "trolling": (1, "report-only", "none"),
        "asked-to-stop": (0, "allowed", "none"),
    },
    "no-hate": {
        "slur": (3, "enforce", "hidden"),
        "dehumanising": (3, "enforce", "hidden"),
        "demeaning": (2, "review", "none"),
        "counter-speech": (0, "allowed", "none"),
    },
}
"""Severity, mode and what happens to the post, case by case."""


def cases(guideline: str) -> dict[str, Case]:
    """A guideline's cases by id."""
    found = POLICY.guideline(guideline)
    assert found is not None
    return {case.id: case for case in found.cases}


@pytest.mark.parametrize("guideline", GUIDELINE_IDS)
def test_every_case_is_priced_as_promised(guideline: str) -> None:
    """A change here is a change of what members can expect."""
    told = {name: (case.severity, case.mode, case.content) for name, case in cases(guideline).items()}
    assert told == PROMISED[guideline]


def test_severities_cost_what_was_promised() -> None:
    """1, 2 and 4 points, for 90, 180 and 365 days; s4 has no expiry."""
    prices = [(POLICY.price(n).points, POLICY.price(n).days) for n in (1, 2, 3, 4)]
    assert prices == [(1, 90), (2, 180), (4, 365), (4, None)]


def test_the_ladder_is_the_promised_one() -> None:
    """A day, a week, a month, and then termination is proposed."""
    assert [rung.points for rung in POLICY.ladder] == [3, 5, 8, 12]
    assert [POLICY.suspension(rung) for rung in (1, 2, 3, 4)] == [
        timedelta(hours=24),
        timedelta(days=7),
        timedelta(days=30),
        None,
    ]


def test_appeals_are_open_for_180_days_and_automation_reaches_the_first_rung() -> None:
    """Quick with content, slow with people."""
    assert (POLICY.appeal_days, POLICY.automation_rung_max) == (180, 1)
    assert (POLICY.episode.acts_to_raise, POLICY.episode.told_after_hours) == (5, 24)


def test_only_obvious_spam_goes_without_a_warning_first() -> None:
    """Everybody else is told before it counts."""
    at_once = {
        name
        for guideline in GUIDELINE_IDS
        for name, case in cases(guideline).items()
        if not case.warning_first
    }
    assert at_once == {"mass-unsolicited", "campaign"}


def test_what_can_not_wait_is_urgent() -> None:
    """Somebody may be in danger."""
    urgent = {name for guideline in GUIDELINE_IDS for name, case in cases(guideline).items() if case.urgent}
    assert urgent == {"barred-registration", "threat-of-violence", "self-harm-risk", "child-sexual-content"}


def test_risk_of_self_harm_is_a_welfare_case_and_child_content_a_restricted_one() -> None:
    """Neither is an ordinary finding."""
    assert cases("keep-it-clean")["self-harm-risk"].case_kind == "welfare"
    assert cases("keep-it-clean")["child-sexual-content"].case_kind == "restricted"


def test_every_case_has_two_examples_at_least() -> None:
    """So that two moderators mean the same."""
    for guideline in GUIDELINE_IDS:
        for case in cases(guideline).values():
            assert len(case.examples) >= 2, case.id


def test_nothing_is_listed_twice() -> None:
    """Neither an example, in whatever case, nor an entry of a rule's list."""
    examples = [
        example
        for guideline in GUIDELINE_IDS
        for case in cases(guideline).values()
        for example in case.examples
    ]
    lists = [list(entries) for rule in POLICY.rules.values() for entries in rule.lists.values()]
    for listed in (examples, *lists):
        assert [entry for entry, count in Counter(listed).items() if count > 1] == []


def test_every_guideline_has_its_text() -> None:
    """A notice quotes it."""
    for guideline in POLICY.guidelines:
        assert len(guideline.text) > 40, guideline.id
