"""When a rule that raises is left out, and what it has missed.

A rule that raises for one post has given a third verdict: the post goes to review with the rule named, and
the other rules go on. A rule that raises again and again would send everything to review; so from so many
failures within so many posts on (the policy says how many) it is suspended: one incident, and from then on
the offsets of posts in which one of its patterns occurs are noted as missed. They are screened again by that
rule alone once it is another one: another policy, settings or version, all of which change the rules'
digest.
"""

from __future__ import annotations

from typing import Final

import msgspec

from events.policy import Breaker

FAILURES_MAX: Final = 32
"""Failures remembered of one rule, so that the guard stays small.

A policy that asks for more gets this many.
"""
RANGES_MAX: Final = 16
"""Ranges kept. Beyond, the two oldest of one rule become one.

Which only means that more posts are looked at again.
"""


class Missed(msgspec.Struct, frozen=True, gc=False):
    """Posts that a suspended rule hasn't seen.

    `count` of them between the offsets `start` and `end`, end exclusive.
    """

    rule: str
    start: int
    end: int
    count: int


class Gate(msgspec.Struct, gc=False):
    """One rule's record.

    `failures`: at which of the partition's posts it raised, the last few; `suspended`: since which offset.
    """

    failures: list[int] = []
    suspended: int | None = None
    missed_end: int = 0
    missed_count: int = 0


class Breakers(msgspec.Struct, gc=False):
    """All rules of one partition. Part of the guard, so it is small and the same however batches are cut.

    `seen` counts posts; `digest` is that of the rules that the gates are about; `missed` are ranges still to
    be screened again.
    """

    digest: str = ""
    seen: int = 0
    gates: dict[str, Gate] = {}
    missed: list[Missed] = []

    def take_up(self, digest: str) -> None:
        """Other rules are in force: every gate opens, and what was missed is due."""
        if digest == self.digest:
            return
        for name, gate in sorted(self.gates.items()):
            if gate.suspended is not None and gate.missed_count:
                self.missed = _joined(
                    self.missed, Missed(name, gate.suspended, gate.missed_end, gate.missed_count)
                )
        self.gates = {}
        self.digest = digest

    def is_open(self, rule: str) -> bool:
        """Whether the rule is to be asked."""
        gate = self.gates.get(rule)
        return gate is None or gate.suspended is None

    def failed(self, rule: str, offset: int, limits: Breaker) -> bool:
        """The rule raised at the post of this offset. True: this suspends it, from the next post on."""
        gate = self.gates.setdefault(rule, Gate())
        enough = min(limits.failures, FAILURES_MAX)
        gate.failures = [*gate.failures, self.seen][-enough:]
        enough = (
            len(gate.failures) == limits.failures and gate.failures[-1] - gate.failures[0] < limits.events
        )
        if enough:
            gate.suspended = offset + 1
        return enough

    def miss(self, rule: str, offset: int) -> None:
        """A suspended rule would have been asked about the post of this offset."""
        gate = self.gates[rule]
        gate.missed_end = offset + 1
        gate.missed_count += 1

    @property
    def suspended(self) -> int:
        """How many rules are suspended."""
        return sum(gate.suspended is not None for gate in self.gates.values())

    @property
    def to_be_seen(self) -> int:
        """How many posts were missed and not screened again; of a range begun on, all are counted still."""
        missed = sum(gate.missed_count for gate in self.gates.values())
        return missed + sum(one.count for one in self.missed)

    def due(self) -> Missed | None:
        """The next range to be screened again, if any."""
        return self.missed[0] if self.missed else None

    def screened_again(self, upto: int) -> None:
        """The first range has been screened again up to this offset, exclusive."""
        first, *rest = self.missed
        left = [] if upto >= first.end else [msgspec.structs.replace(first, start=upto)]
        self.missed = [*left, *rest]


def _joined(missed: list[Missed], new: Missed) -> list[Missed]:
    missed = [*missed, new]
    if len(missed) <= RANGES_MAX:
        return missed
    first = next((one for one in missed if sum(other.rule == one.rule for other in missed) > 1), None)
    if first is None:
        return missed
    second = next(one for one in missed if one.rule == first.rule and one is not first)
    one = Missed(
        first.rule, min(first.start, second.start), max(first.end, second.end), first.count + second.count
    )
    return [one, *(other for other in missed if other is not first and other is not second)]
