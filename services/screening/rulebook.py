"""A policy made ready for screening.

Its rules with their settings, all their patterns compiled, its cases looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from events.ids import digest
from events.policy import Policy, RuleSettings
from events.signals import Finding, Mode
from services.screening.guidelines import RULES
from services.screening.persons import account_rules
from services.screening.rule import BUSY, MESSAGED, Found, Hit, Rule, RuleContract
from services.screening.text.hosts import LINKS
from services.screening.text.matching import Compiled, Reading, Scanner

_SHARED: Final = (*LINKS, BUSY, MESSAGED)
"""Patterns of which there is one for all rules."""


class ActiveRule(msgspec.Struct, frozen=True):
    """A rule with its contract and whether the policy keeps it in shadow."""

    name: str
    rule: Rule
    contract: RuleContract
    shadow: bool


class Rulebook:
    """What screening needs of one policy. Made once per policy: compiling the community's takes seconds.

    `compiled` keeps what was compiled for the next process.
    """

    def __init__(
        self, policy: Policy, rules: Sequence[type[Rule]] = RULES, compiled: Compiled | None = None
    ) -> None:
        self.policy: Final = policy
        self.rules: Final = tuple(_active(policy, rules))
        # What may be a link is looked for whatever the rules are: the window remembers links.
        patterns = list(_SHARED)
        self.links: Final = frozenset(range(len(LINKS)))
        self.busy: Final = len(LINKS)
        self.messaged: Final = self.busy + 1
        self._owners: list[list[int]] = [[] for _ in patterns]
        for place, active in enumerate(self.rules):
            for pattern in active.rule.patterns():
                if pattern in _SHARED:
                    self._owners[_SHARED.index(pattern)].append(place)
                    continue
                patterns.append(pattern)
                self._owners.append([place])
        self.scanner: Final = Scanner(patterns, compiled)
        self.digest: Final = _digest(policy, self.rules)
        self.accounts: Final = account_rules(policy)

    def hits(self, readings: Sequence[Reading]) -> dict[int, list[Hit]]:
        """The hits of each rule, by the rule's place, in order."""
        found: dict[int, list[Hit]] = {}
        for number, reading in enumerate(readings):
            for pattern in reading.hits:
                for owner in self._owners[pattern]:
                    found.setdefault(owner, []).append(Hit(self.scanner.patterns[pattern], number))
        return {owner: found[owner] for owner in sorted(found)}

    def finding(self, active: ActiveRule, found: Found) -> Finding:
        """What a rule found, as the policy prices it and with the most that it lets follow."""
        contract = active.contract
        case = self.policy.case(contract.guideline, found.case)
        if case is None:
            raise LookupError(
                f"rule `{contract.name}` found `{found.case}`, which isn't a case of `{contract.guideline}`"
            )
        mode: Mode = "shadow" if active.shadow else case.mode_for(found.confidence)
        return Finding(
            guideline=contract.guideline,
            case=found.case,
            rule=contract.name,
            rule_version=contract.version,
            severity=case.severity,
            confidence=found.confidence,
            mode=mode,
            spans=found.spans,
            term_class=found.term_class,
            reason=found.reason,
            condition=found.condition,
        )


def _active(policy: Policy, rules: Sequence[type[Rule]]) -> list[ActiveRule]:
    active: list[ActiveRule] = []
    for rule in rules:
        settings = policy.rules.get(rule.contract.name)
        if settings is not None and settings.enabled:
            active.append(
                ActiveRule(rule.contract.name, rule(settings), rule.contract, settings.mode == "shadow")
            )
    return active


def _digest(policy: Policy, rules: Sequence[ActiveRule]) -> str:
    """SHA-256 of what makes findings.

    The rules' versions and settings, and the version of the text machinery.
    """
    settings: Mapping[str, RuleSettings] = policy.rules
    parts = [
        [active.name, active.contract.version, settings[active.name].model_dump(mode="json")]
        for active in rules
    ]
    return digest(msgspec.json.encode([TEXT_VERSION, parts], order="deterministic"))


TEXT_VERSION: Final = 2
"""Raise it whenever normalising or matching could make the same rules find something else."""
