"""Rules about what adds up over hours and days: applied where the memory is, in enforcement.

Screening's rules look at one post and the last ten minutes of its author. What needs longer, or more than one
account, is found from what entities remember. These are the contracts of those rules, so that a policy's
`rules` set their thresholds and windows like those of any other rule, and a mistake in them is told by its
line. A policy that doesn't name a rule here has nothing remembered for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from events.ids import digest
from events.policy import Policy, RuleSettings
from events.signals import Finding, Mode


class MemoryRule(msgspec.Struct, frozen=True):
    """What a rule needs of the policy, and what it may find.

    `cases` are ids of cases of `guideline`. `params` are whole numbers with their defaults. Raise `version`
    whenever the same memory could lead to another finding.
    """

    name: str
    version: int
    guideline: str
    cases: tuple[str, ...]
    params: Mapping[str, int | str | bool]
    lists: Mapping[str, str] = MappingProxyType({})
    severals: frozenset[str] = frozenset()
    """Parameters that count what is only something from two on; of the others, one is the least."""

    def least(self, param: str) -> int:
        """The smallest value of a parameter that means anything."""
        return 2 if param in self.severals else 1


REPEATED: Final = MemoryRule(
    name="no-spam.over-time",
    version=1,
    guideline="no-spam",
    cases=("repetition", "link-or-bait", "mass-unsolicited", "campaign"),
    params=MappingProxyType(
        {
            "popular_posts": 20,
            "repeated_posts": 3,
            "repeated_hours": 24,
            "linked_threads": 3,
            "linked_hours": 24,
            "linked_confidence": 60,
            "campaign_authors": 3,
            "campaign_minutes": 60,
            "campaign_hours": 24,
            "domain_authors": 5,
            "domain_threads": 3,
            "domain_confidence": 70,
        }
    ),
    lists=MappingProxyType(
        {"spreading": "guidelines, or `guideline/case`, whose findings can make the same text a campaign"}
    ),
    severals=frozenset(
        {"repeated_posts", "linked_threads", "campaign_authors", "domain_authors", "domain_threads"}
    ),
)
"""What one author writes or links to again and again, and what several accounts do as one."""

DIRECTED: Final = MemoryRule(
    name="no-bullying.over-time",
    version=1,
    guideline="no-bullying",
    cases=("badgering", "pile-on"),
    params=MappingProxyType(
        {
            "hostile_confidence": 50,
            "posts_a_day": 3,
            "posts_a_week": 5,
            "stop_days": 30,
            "badgering_confidence": 80,
            "pile_on_authors": 5,
            "pile_on_minutes": 60,
        }
    ),
    lists=MappingProxyType(
        {"hostile": "cases, as `guideline/case`, that make a post hostile to whom it is directed at"}
    ),
    severals=frozenset({"posts_a_day", "posts_a_week", "pile_on_authors"}),
)
"""Hostile posts at one person: by one author over days, or by many within the hour."""

MEMORY_RULES: Final[Mapping[str, MemoryRule]] = MappingProxyType(
    {rule.name: rule for rule in (REPEATED, DIRECTED)}
)
"""By name."""

SURE: Final = 95


class Limits(msgspec.Struct, frozen=True, gc=False):
    """A policy's settings of a rule: thresholds and windows by name, and lists."""

    values: dict[str, int]
    lists: Mapping[str, frozenset[str]]
    shadow: bool


POLICIES_MAX: Final = 64
"""Policies whose limits are kept ready: a decision asks for them at every post."""
_ready: Final[dict[tuple[str, str], Limits | None]] = {}


def limits_of(policy: Policy, rule: MemoryRule) -> Limits | None:
    """A policy's limits of a rule; None where it is not in use."""
    name = (policy.version, rule.name)
    if name not in _ready:
        if len(_ready) >= POLICIES_MAX:
            _ready.clear()
        _ready[name] = _limits(policy.rules.get(rule.name), rule)
    return _ready[name]


def _limits(settings: RuleSettings | None, rule: MemoryRule) -> Limits | None:
    if settings is None or not settings.enabled:
        return None
    # What a policy says is held against these when it is read; one that never was may say anything.
    given = {**rule.params, **settings.params}
    values = {name: max(rule.least(name), int(value)) for name, value in given.items()}
    lists = {name: frozenset(settings.lists.get(name, ())) for name in rule.lists}
    return Limits(values, lists, settings.mode == "shadow")


def finding(policy: Policy, rule: MemoryRule, case: str, confidence: int, reason: str) -> Finding | None:
    """What a rule found, as the policy prices it and with the most that it lets follow.

    None where the policy has no such case, or the rule is not in use.
    """
    limits, priced = limits_of(policy, rule), policy.case(rule.guideline, case)
    if limits is None or priced is None:
        return None
    mode: Mode = "shadow" if limits.shadow else priced.mode_for(confidence)
    return Finding(
        guideline=rule.guideline,
        case=case,
        rule=rule.name,
        rule_version=rule.version,
        severity=priced.severity,
        confidence=confidence,
        mode=mode,
        spans=(),
        term_class=case,
        reason=reason,
    )


def rules_digest(policy: Policy, rule: MemoryRule) -> str:
    """SHA-256 of what makes the rule's findings: its version and its settings."""
    settings = policy.rules[rule.name]
    parts = msgspec.json.encode([rule.version, settings.model_dump(mode="json")], order="deterministic")
    return digest(rule.name.encode() + parts)
