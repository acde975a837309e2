"""What if another policy had been in force all along? Every signal of the ledger is decided again under it.

Nothing is written. Only what the candidate changes is changed: prices, ladder, cases, modes and thresholds.
What a rule found is taken as it was found (the candidate's own rules are asked in `what_if_posts.py`), what
people decided they decide again on whatever version there is then, and what entities told each other is taken
as it was told. Signals that had no effect are not in the ledger, so nothing can be said of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from events.ids import derived_id
from events.ledger import (
    Entry,
    Outcome,
    Refused,
    SanctionAmended,
    SanctionImposed,
    SanctionLifted,
    StrikeAmended,
    StrikeIssued,
    StrikeRemoved,
)
from events.policy import Policy
from events.signals import Actor, Decided, Finding, Mode, PostScreened, Signal, Tick
from services.enforcement.decider import Context, Decider
from services.enforcement.partition import DECIDERS
from services.replay.verify import fold

EXAMPLES_MAX: Final = 20
TICKS_MAX: Final = 1_000
"""Deadlines of its own that a candidate may have between two entries of one entity."""


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A strike or a sanction as it came out at the end.

    `what` says what it is, `counts` until when or how much, `over` how it came to an end (empty: as planned).
    """

    sort: Literal["strike", "sanction"]
    guideline: str
    what: str
    counts: str
    over: str = ""

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.what}, {self.counts}" + (f", {self.over}" if self.over else "")


class Difference(msgspec.Struct, frozen=True, gc=False):
    """What would differ: `was` None: it would be new; `would_be` None: it wouldn't be there."""

    entity: str
    sort: Literal["strike", "sanction"]
    id: str
    was: Fact | None
    would_be: Fact | None

    @property
    def kind(self) -> Literal["new", "gone", "changed"]:
        """In which way it differs."""
        return "new" if self.was is None else "gone" if self.would_be is None else "changed"

    @property
    def guideline(self) -> str:
        """Under which guideline it stands, or would."""
        fact = self.would_be or self.was
        assert fact is not None
        return fact.guideline


class Tally(msgspec.Struct, gc=False):
    """Under one guideline: how many there were, how many there would be, and how many differ."""

    was: int = 0
    would_be: int = 0
    new: int = 0
    gone: int = 0
    changed: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally's numbers to this one's."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Example(msgspec.Struct, frozen=True, gc=False):
    """One entity for which something would differ."""

    entity: str
    differences: tuple[Difference, ...]


class Answer(msgspec.Struct, gc=False):
    """What would have been otherwise. `refused` are decisions of people that would have been refused."""

    entries: int = 0
    entities: int = 0
    differing: int = 0
    strikes: dict[str, Tally] = msgspec.field(default_factory=dict)
    sanctions: dict[str, Tally] = msgspec.field(default_factory=dict)
    examples: list[Example] = msgspec.field(default_factory=list)
    refused: int = 0
    failed: int = 0

    @property
    def same(self) -> bool:
        """Whether nothing would differ."""
        return self.differing == 0

    def add(self, other: Answer) -> None:
        """Add the answer about other entities."""
        for name in ("entries", "entities", "differing", "refused", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        add_tallies(self.strikes, other.strikes)
        add_tallies(self.sanctions, other.sanctions)
        self.examples += other.examples


class _Entity:
    """One entity twice: as it was, and as it would be."""

    def __init__(self, decider: Decider[Any], name: str) -> None:
        self.decider = decider
        self.was = decider.initial(name)
        self.would_be = decider.initial(name)
        self.facts: dict[str, Fact] = {}
        self.others: dict[str, Fact] = {}


class _Any(dict[str, Policy]):
    """The candidate, whatever version is asked for: every signal is priced by it."""

    def __init__(self, candidate: Policy) -> None:
        super().__init__({candidate.version: candidate})
        self._candidate = candidate

    def __missing__(self, version: str) -> Policy:
        return self._candidate


class WhatIf:
    """Takes entries, each entity's in order; `settle` compares the entities so far and forgets them.

    Memory holds the entities since the last `settle`, twice. `guideline` keeps to what stands under it.
    """

    def __init__(
        self,
        candidate: Policy,
        policies: Mapping[str, Policy],
        *,
        guideline: str | None = None,
        examples: int = EXAMPLES_MAX,
    ) -> None:
        self._candidate = candidate
        self._policies = policies
        self._any = _Any(candidate)
        self._guideline = guideline
        self._examples_max = examples
        self._entities: dict[str, _Entity] = {}
        self.answer: Final = Answer()

    def take(self, entry: Entry) -> None:
        """Decide one entry's cause again. Raises `KeyError` for an entity of a kind that is unknown here."""
        self.answer.entries += 1
        one = self._entities.get(entry.entity)
        if one is None:
            decider = DECIDERS[entry.entity.partition(":")[0]]
            one = self._entities[entry.entity] = _Entity(decider, entry.entity)
        self._catch_up(one, entry)
        self._decide_again(one, entry)
        note(one.facts, entry.outcomes)
        one.was = fold(one.decider, one.was, entry)

    def settle(self) -> Answer:
        """Compare what was with what would be, of every entity since the last time."""
        for name in sorted(self._entities):
            self._compare(name, self._entities[name])
        self.answer.entities += len(self._entities)
        self._entities.clear()
        return self.answer

    # --- deciding -------------------------------------------------------------------------------------

    def _catch_up(self, one: _Entity, entry: Entry) -> None:
        """Let deadlines fire that only the candidate has. Those that both have come with the ledger's own."""
        decider = one.decider
        for _ in range(TICKS_MAX):
            own = set(decider.deadlines(one.would_be)).difference(decider.deadlines(one.was))
            due = min((at for at in own if at <= entry.recorded_at), default=None)
            if due is None:
                return
            tick = Signal(
                id=derived_id(entry.entity, due.isoformat(), "what-if"),
                entity=entry.entity,
                occurred_at=due,
                received_at=due,
                actor=Actor("clock", "clock"),
                causation_id="",
                correlation_id="",
                policy_version=self._candidate.version,
                body=Tick(due),
            )
            if not self._apply(one, tick, due):
                return

    def _decide_again(self, one: _Entity, entry: Entry) -> None:
        signal = self._as_found(entry.cause)
        before = one.would_be
        refusal = self._apply(one, signal, entry.recorded_at)
        body = signal.body
        if not isinstance(refusal, Refused) or not isinstance(body, Decided) or _refused(entry.outcomes):
            return
        if refusal.current_version is not None:
            # The person saw another version of it, and would have decided on the one that there was.
            one.would_be = before
            again = replace(signal, body=replace(body, version=refusal.current_version))
            refusal = self._apply(one, again, entry.recorded_at)
        self.answer.refused += isinstance(refusal, Refused)

    def _apply(self, one: _Entity, signal: Signal, now: datetime) -> bool | Refused:
        """Decide and fold; True where it had an effect, or the refusal that it came to."""
        decider, state = one.decider, one.would_be
        context = Context(now=now, policy=self._candidate, policies=self._any)
        try:
            decision = decider.decide(state, signal, context)
            for outcome in decision.outcomes:
                state = decider.evolve(state, outcome)
        except Exception:  # noqa: BLE001 - a history that never was may break anything: it is counted
            self.answer.failed += 1
            return False
        if not decision.outcomes and not decision.signals:
            return False
        one.would_be = decider.applied(state, signal, one.would_be.sequence + 1)
        note(one.others, decision.outcomes)
        return _refused(decision.outcomes) or True

    def _as_found(self, signal: Signal) -> Signal:
        """The signal with its findings as the candidate takes them."""
        body = signal.body
        if (
            isinstance(body, PostScreened)
            and body.findings
            and signal.policy_version != self._candidate.version
        ):
            found_by = self._policies.get(signal.policy_version)
            findings = tuple(as_taken(finding, found_by, self._candidate) for finding in body.findings)
            signal = replace(signal, body=replace(body, findings=findings))
        return signal

    # --- comparing ------------------------------------------------------------------------------------

    def _compare(self, name: str, one: _Entity) -> None:
        differences: list[Difference] = []
        for id_ in sorted({*one.facts, *one.others}):
            was, would_be = one.facts.get(id_), one.others.get(id_)
            fact = would_be or was
            assert fact is not None
            if self._guideline is not None and self._guideline not in {
                f.guideline for f in (was, would_be) if f
            }:
                continue
            self._count(was, would_be)
            if was != would_be:
                differences.append(Difference(name, fact.sort, id_, was, would_be))
        if not differences:
            return
        self.answer.differing += 1
        if len(self.answer.examples) < self._examples_max:
            self.answer.examples.append(Example(name, tuple(differences)))

    def _count(self, was: Fact | None, would_be: Fact | None) -> None:
        """Count both; what changes its guideline goes under one and comes under the other."""
        if was is not None and would_be is not None and was.guideline != would_be.guideline:
            self._count(was, None)
            self._count(None, would_be)
            return
        fact = would_be or was
        assert fact is not None
        tallies = self.answer.strikes if fact.sort == "strike" else self.answer.sanctions
        tally = tallies.setdefault(fact.guideline, Tally())
        tally.was += was is not None
        tally.would_be += would_be is not None
        tally.new += was is None
        tally.gone += would_be is None
        tally.changed += was is not None and would_be is not None and was != would_be


def add_tallies(tallies: dict[str, Tally], more: Mapping[str, Tally]) -> None:
    """Add tallies by guideline to others."""
    for name, tally in more.items():
        tallies.setdefault(name, Tally()).add(tally)


def note(facts: dict[str, Fact], outcomes: tuple[Outcome, ...]) -> None:
    """Fold outcomes into facts about strikes and sanctions, by their ids."""
    for outcome in outcomes:
        if isinstance(outcome, StrikeIssued | StrikeAmended):
            known = facts.get(outcome.strike)
            what = f"{outcome.counts_as} s{outcome.severity} for {outcome.case}"
            over = "" if known is None else known.over
            facts[outcome.strike] = Fact(
                "strike", outcome.guideline, what, f"{outcome.price.points} points", over
            )
        elif isinstance(outcome, StrikeRemoved):
            _end(facts, outcome.strike, outcome.status)
        elif isinstance(outcome, SanctionImposed):
            facts[outcome.sanction] = Fact(
                "sanction",
                outcome.notice.guideline,
                f"{outcome.sanction_kind.replace('_', ' ')} ({outcome.origin.replace('_', ' ')})",
                _span(outcome.starts_at, outcome.ends_at),
            )
        elif isinstance(outcome, SanctionAmended):
            sanction = facts.get(outcome.sanction)
            if sanction is not None and outcome.content_action is None:
                starts, _, _ = sanction.counts.partition(" to ")
                facts[outcome.sanction] = replace(sanction, counts=f"{starts} to {_moment(outcome.ends_at)}")
        elif isinstance(outcome, SanctionLifted) and outcome.because != "ended":
            _end(facts, outcome.sanction, outcome.because)


def as_taken(finding: Finding, found_by: Policy | None, candidate: Policy) -> Finding:
    """A finding with the severity and mode that the candidate gives it.

    As it was where the candidate says the same of its rule and case as the policy that it was found under.
    """
    case = candidate.case(finding.guideline, finding.case)
    if case is None:
        return finding  # the decider leaves out what the policy doesn't know
    shadow = _in_shadow(candidate, finding.rule)
    if found_by is not None:
        before = found_by.case(finding.guideline, finding.case)
        if before == case and _in_shadow(found_by, finding.rule) == shadow:
            return finding
    mode: Mode = "shadow" if shadow else case.mode_for(finding.confidence)
    return replace(finding, severity=case.severity, mode=mode)


def _in_shadow(policy: Policy, rule: str) -> bool:
    """Whether a rule has no effect under a policy: in shadow, or switched off."""
    settings = policy.rules.get(rule)
    return settings is not None and (settings.mode == "shadow" or not settings.enabled)


def _refused(outcomes: tuple[Outcome, ...]) -> Refused | None:
    return next((outcome for outcome in outcomes if isinstance(outcome, Refused)), None)


def _end(facts: dict[str, Fact], id_: str, over: str) -> None:
    known = facts.get(id_)
    if known is not None:
        facts[id_] = replace(known, over=over)


def _span(starts: datetime, ends: datetime | None) -> str:
    return f"{_moment(starts)} to {_moment(ends)}"


def _moment(at: datetime | None) -> str:
    return "no end" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
