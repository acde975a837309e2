"""Playing stories: what every player has in common, and the player that needs no Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from events.accounts import AppealFiled
from events.capabilities import ASKED
from events.codec import decode_entry
from events.ids import account_entity, digest
from events.intake import INPUT_ERRORS, read_event
from events.policy import Policy
from events.signals import Actor, ContactRefused, Finding, Fingerprints, Key, KeyKind, Signal
from projections.recorded import Recorded
from tests.support import story as tell
from tests.support.signals import (
    account_signal,
    appeal_signal,
    day,
    decided,
    decision_signal,
    finding,
    notice_signal,
    post_signal,
    posted,
    report_signal,
    signal,
)
from tests.support.story import Expect, SanctionOf, Story, StrikeOf
from tests.support.tables import MemoryTables
from tests.support.view import View
from tests.support.world import World

CONFIDENCE = 97
"""How sure a rule is of what it finds in a story."""


class Player(Protocol):
    """Somebody who can play a step and then show what came of it."""

    view: View

    def play(self, step: tell.Step, name: str) -> None:
        """Let a step happen. `name` is its own, for ids."""


def locate(view: View, target: tell.Target) -> tuple[str, str]:
    """Kind and id of what a story means. Raises `KeyError` when there is no such thing."""
    if target is None:
        return "account", ""
    if isinstance(target, StrikeOf):
        return "strike", view.strike(f"post:{target.post}").id
    if isinstance(target, SanctionOf):
        found = view.sanctions_of(target.account, target.kind, target.origin)
        if not found:
            raise KeyError(f"no sanction like {target}")
        return "sanction", found[-1].id
    cases = view.cases_of(target.account, target.kind)
    if not cases:
        raise KeyError(f"no case like {target}")
    return "case", cases[-1].id


def version(view: View, step: tell.Decide) -> int | None:
    """The version that a decision names."""
    if step.version is None:
        return None
    kind, target = locate(view, step.target)
    seen = view.version(kind, target, step.account)
    return seen if step.version == "seen" else seen + step.version


def check(view: View, expected: Expect, entries_before: int, first_day: float = 0) -> None:
    """Hold a standing against what a story expects. Raises `AssertionError`, naming all that differ.

    `first_day` is the story's day 0.
    """
    standing = view.standing(expected.account)
    assert standing is not None, f"`{expected.account}` has no ledger entry at all"
    wrong = {}
    for name in (
        "active_points", "confirmed_points", "active_strikes", "warnings", "total_strikes", "rung",
        "suspended",
        "termination_proposed", "terminated", "hidden_posts", "open_cases",
    ):  # fmt: skip
        want, have = getattr(expected, name), getattr(standing, name)
        if want is not None and want != have:
            wrong[name] = f"expected {want}, is {have}"
    if expected.until_day is not None:
        until = day(first_day + expected.until_day)
        if standing.suspended_until != until:
            wrong["suspended_until"] = f"expected {until}, is {standing.suspended_until}"
    added = len(view.entries) - entries_before
    if expected.new_entries is not None and added != expected.new_entries:
        wrong["new_entries"] = f"expected {expected.new_entries}, are {added}"
    assert not wrong, f"{wrong}; the standing is {standing}"


def check_shown(
    step: tell.Shown, rows: Mapping[str, int], audited: Sequence[bytes], ledger: Sequence[bytes]
) -> None:
    """Hold an account's tables against what a story expects. Raises `AssertionError`.

    `rows` are counted by table; `audited` and `ledger` are the bytes of the account's entries, in order.
    """
    shown = {name: count for name, count in rows.items() if count}
    assert bool(shown) == step.rows, f"tables show {shown or 'nothing'}"
    assert ledger, "the account has no ledger entry, so nothing can be missing from its audit"
    assert list(audited) == list(ledger), f"{len(audited)} entries are audited, of {len(ledger)}"


def of_account(entries: Iterable[bytes], account: str) -> list[bytes]:
    """The entries of an account, in order."""
    return [data for data in entries if decode_entry(data).entity == account_entity(account)]


def tell_story(player: Player, story: Story) -> None:
    """Play a whole story. Raises `AssertionError`, naming the step at which it goes another way."""
    before = 0
    for number, step in enumerate(story.steps, start=1):
        where = f"scenario {story.number}, {story.name}, step {number}, {step}"
        try:
            if isinstance(step, Expect):
                check(player.view, step, before)
            elif isinstance(step, tell.Claim):
                assert step.holds(player.view), step.words
            else:
                before = len(player.view.entries)
                player.play(step, f"{story.name}:{number}")
        except (AssertionError, KeyError) as error:
            raise AssertionError(f"{where}: {error}") from error


def appeal_event(
    account: str, filed_as: str, about: str, at: datetime, name: str, step: tell.Appeal
) -> dict[str, Any]:
    """The event by which a platform sends an appeal."""
    return {
        "specversion": "1.0",
        "id": name.replace(" ", "-"),
        "source": "/stories",
        "type": "goodstanding.appeal.filed.v1",
        "subject": account,
        "time": at.isoformat(),
        "data": {"appeal": filed_as, "about": about, "by": step.by, "text": step.text},
    }


class PurePlayer:
    """Plays through the pure cores: does what screening would do, and moves the clock by hand.

    `suffix` is added to every name, so that one story's account can't be taken for another's.
    """

    def __init__(
        self, policies: Mapping[str, Policy], policy: str = "default", partition: int = 0, suffix: str = ""
    ) -> None:
        self._policies = policies
        self._suffix = suffix
        self.world = World(policies[policy], partition=partition, suffix=suffix)
        self.view = self.world.view
        self._at = day(0)
        self._moments = 0
        self._sent: list[tuple[Signal, ...]] = []
        self._tables = MemoryTables()
        self._purged: frozenset[str] = frozenset()
        self.world.advance(self._at)

    def play(self, step: tell.Step, name: str) -> None:
        """Let a step happen."""
        if isinstance(step, tell.Clock):
            self._at, self._moments = day(step.day), 0
            self.world.advance(self._at)
        elif isinstance(step, tell.Again):
            for signals in list(self._sent) if step.everything else self._sent[-1:]:
                self.world.send(*signals)
        elif isinstance(step, tell.Policy):
            self.world.activate(self._policies[step.name])
        elif isinstance(step, tell.Purge):
            self._project()
            self._tables.purge(self._own(step.account))
            self._purged |= {self._own(step.account)}
        elif isinstance(step, tell.Shown):
            self._project()
            own = self._own(step.account)
            audited = of_account((row.data for row in self._tables.audit), own)
            check_shown(step, self._tables.count(own), audited, of_account(self.world.ledger, own))
        else:
            signals = tuple(self._signals(step, name))
            self._sent.append(signals)
            self.world.send(*signals)

    @property
    def sent(self) -> list[Signal]:
        """Every signal from outside so far, in order."""
        return [signal for signals in self._sent for signal in signals]

    def _project(self) -> None:
        """Fold what the ledger has beyond what is audited."""
        done = len(self._tables.audit)
        added = enumerate(self.world.ledger[done:], start=done)
        partition = self.world.partition
        batch = [Recorded(partition, offset, decode_entry(data), data) for offset, data in added]
        self._tables.apply(batch, self._purged)

    def _own(self, name: str) -> str:
        """What an account, post or report of the story is called in this playing."""
        return name + self._suffix

    def _moment(self) -> datetime:
        """Times of one day's events, in their order."""
        self._moments += 1
        return self._at + timedelta(milliseconds=self._moments)

    def _signals(self, step: Any, name: str) -> Iterable[Signal]:
        at, more = self._moment(), {"policy_version": self.world.policy.version}
        if isinstance(step, tell.Register):
            keys = self._keys(step)
            yield account_signal(self._own(step.account), at, kind=step.kind, keys=keys, **more)
        elif isinstance(step, tell.Post):
            change: Any = "created" if step.revision == 1 else "edited"
            found = [self._finding(specimen) for specimen in step.specimens]
            prints = self._prints(step)
            if found or change == "edited" or prints is not None:
                body = replace(
                    posted(
                        self._own(step.account),
                        self._own(step.post),
                        *found,
                        revision=step.revision,
                        change=change,
                    ),
                    fingerprints=prints,
                    targets=(self._own(step.to),) if found and step.to else (),
                    thread=step.thread or None,
                )
                yield post_signal(self._own(step.account), body, at, **more)
        elif isinstance(step, tell.Block):
            yield signal(
                account_entity(self._own(step.account)),
                name,
                ContactRefused(self._own(step.account), self._own(step.other)),
                at,
                actor=Actor("account", self._own(step.account)),
                topic="accounts",
                policy_version=more["policy_version"],
            )
        elif isinstance(step, tell.Delete):
            body = posted(
                self._own(step.account), self._own(step.post), revision=step.revision, change="deleted"
            )
            yield post_signal(self._own(step.account), body, at, **more)
        elif isinstance(step, tell.Report):
            yield report_signal(
                self._own(step.reporter),
                self._own(step.report),
                self._own(step.account),
                at,
                post=self._own(step.post),
            )
        elif isinstance(step, tell.Told):
            yield notice_signal(
                self._own(step.account), locate(self.view, step.about)[1], at, event=name, **more
            )
        elif isinstance(step, tell.Appeal):
            yield from self._appeal(step, at, name)
        elif isinstance(step, tell.Decide):
            yield self._decision(step, at, name)
        else:
            raise TypeError(f"a pure player can't play {step}")

    def _appeal(self, step: tell.Appeal, at: datetime, name: str) -> Iterable[Signal]:
        """What screening makes of it: nothing, where it keeps to no contract."""
        own, about = self._own(step.account), locate(self.view, step.about)[1]
        filed = appeal_event(own, self._own(step.name), about, at, name, step)
        try:
            event = read_event("accounts", own.encode(), msgspec.json.encode(filed), at)
        except INPUT_ERRORS:
            return
        assert isinstance(event, AppealFiled)
        data, version = event.data, self.world.policy.version
        yield appeal_signal(own, data.appeal, data.about, at, name, data.by, policy_version=version)

    def _prints(self, step: tell.Post) -> Fingerprints | None:
        """As screening would take them of a post that links somewhere; others tell nothing alike."""
        if not step.link:
            return None
        words = f"{step.says}{' '.join(specimen.text for specimen in step.specimens)}{step.link}"
        return Fingerprints(f"k1:{digest(words.encode())[:32]}", (f"k1:{digest(step.link.encode())[:32]}",))

    def _keys(self, step: tell.Register) -> tuple[Key, ...]:
        """What screening would make of the mailbox and the number."""
        kinds: tuple[tuple[KeyKind, str], ...] = (("email", step.email), ("phone", step.phone))
        return tuple(Key(kind, f"k1:{kind}:{self._own(whose)}") for kind, whose in kinds if whose)

    def _finding(self, specimen: tell.Specimen) -> Finding:
        case = self.world.policy.case(specimen.guideline, specimen.case)
        assert case is not None, f"the policy has no case `{specimen.case}` of `{specimen.guideline}`"
        return finding(
            specimen.guideline,
            specimen.case,
            case.severity,
            mode=case.mode_for(CONFIDENCE),
            confidence=CONFIDENCE,
        )

    def _decision(self, step: tell.Decide, at: datetime, name: str) -> Signal:
        kind, target = locate(self.view, step.target)
        found = step.specimen
        body = decided(
            self._own(step.account),
            step.decision,
            kind,
            target,
            version(self.view, step),
            guideline=found.guideline if found else None,
            case=found.case if found else None,
            severity=step.severity or (found.severity if found else None),
            sanction_kind=step.sanction_kind,
            until=None if step.until_day is None else day(step.until_day),
            post=self._own(step.post) if step.post else None,
            revision=1 if step.post else None,
            other=self._own(step.other) if step.other else None,
            outcome=step.outcome,
            strikes=tuple(locate(self.view, strike)[1] for strike in step.strikes),
            capabilities=tuple(sorted(ASKED if step.may is None else step.may)),
            actor_account=self._own(step.own) if step.own else None,
        )
        return decision_signal(
            self._own(step.account),
            body,
            at,
            step.name or name,
            by=step.by,
            policy_version=self.world.policy.version,
        )
