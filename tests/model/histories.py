"""Random histories of one account, drawn by hypothesis or from a seed, played to enforcement and model."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from events.policy import Policy
from events.signals import Signal
from tests.model.account import AccountModel
from tests.model.sight import ViewSight
from tests.support.policies import small_policy
from tests.support.signals import (
    appeal_signal,
    day,
    decided,
    decision_signal,
    finding,
    notice_signal,
    post_signal,
    posted,
)
from tests.support.view import SanctionRow, StrikeRow
from tests.support.world import World

GUIDELINES = ("keep-it-clean", "no-selling")
MODERATORS = ("mod-ann", "mod-bob", "mod-cyd")
WAITS_H = (1, 6, 25, 49, 24 * 8, 24 * 31, 24 * 89, 24 * 90, 24 * 181)
LATE_H = (0, 0, 0, 5, 30, 24 * 10)
ACCOUNT = "ann"

Step = tuple[str, int, int, int]
"""What happens, and three small numbers that say to what and how."""


class Draw(NamedTuple):
    """A step's numbers, each from 0 to 7."""

    a: int
    b: int
    c: int


KINDS = (
    *(["post"] * 6),
    *(["wait"] * 4),
    *(["confirm"] * 3),
    "strike",
    "strike",
    "told",
    "told",
    "revise",
    "delete",
    "overturn",
    "overturn",
    "waive",
    "reduce",
    "suspend",
    "lift",
    "stale",
    "unversioned",
    "own",
    "again",
    "doubt",
    "confirm_case",
    "dismiss",
    "appeal",
    "appeal",
    "answer",
    "answer",
    "confirm_termination",
    "imported",
)

steps = st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 7), st.integers(0, 7))
histories = st.lists(steps, max_size=30)


def from_seed(seed: int, length: int) -> list[Step]:
    """A history drawn from a seed."""
    dice = random.Random(seed)
    return [
        (dice.choice(KINDS), dice.randrange(8), dice.randrange(8), dice.randrange(8)) for _ in range(length)
    ]


@dataclass
class Play:
    """One account's history, played to enforcement (through a world) and to the model at once."""

    policy: Policy = field(default_factory=small_policy)
    account: str = ACCOUNT
    partition: int = 0
    prefix: str = ""
    check: Callable[[Play, str], None] | None = None

    def __post_init__(self) -> None:
        """Begin at day 0, with a first tick."""
        self.world = World(self.policy, partition=self.partition, prefix=self.prefix)
        self.model = AccountModel(self.policy)
        self.at = day(0)
        self.sent: list[Signal] = []
        self.deleted: set[str] = set()
        self.revisions: dict[str, int] = {}
        self.posts = 0
        self.number = 0
        self.world.advance(self.at)
        self.model.last_tick = self.at

    @property
    def strikes(self) -> list[StrikeRow]:
        """The account's strikes, in order."""
        return list(self.world.view.strikes.values())

    @property
    def suspensions(self) -> list[SanctionRow]:
        """The account's suspensions, in order."""
        return self.world.view.sanctions_of(self.account, "suspension")

    def run(self, history: Sequence[Step]) -> None:
        """Play every step; `check` is called after each with what it was."""
        for number, step in enumerate(history):
            self.number = number
            getattr(self, f"_{step[0]}")(Draw(*step[1:]))
            if self.check is not None:
                self.check(self, f"step {number} {step}")

    # --- sending -----------------------------------------------------------------------------------

    def _send(self, signal: Signal) -> None:
        said = self.model.take(signal, self.at, ViewSight(self.world.view))
        left = self.world.send(signal)
        self.sent.append(signal)
        if said is not None:
            assert bool(left) == said, f"the model says entry: {said}, there are {len(left)}; {signal.body}"

    def _name(self, what: str) -> str:
        return f"{what}-{self.number}"

    def _moment(self) -> datetime:
        return self.at

    # --- what can happen ---------------------------------------------------------------------------

    def _wait(self, draw: Draw) -> None:
        self._pass(timedelta(hours=WAITS_H[(draw.a * 8 + draw.b) % len(WAITS_H)]))

    def _pass(self, time: timedelta) -> None:
        self.at += time
        left = self.world.advance(self.at)
        said = self.model._tick(self.at)
        if said is not None:
            assert bool(left) == said, f"the model says of a tick: {said}, there are {len(left)} entries"

    def _posted(self, severity: int, guideline: int, late: int, mode: Any = "enforce", **more: Any) -> None:
        self.posts += 1
        case = f"s{severity}"
        found = finding(GUIDELINES[guideline % 2], case, severity, mode=mode)
        body = posted(self.account, f"p{self.posts}", found)
        at = self.at - timedelta(hours=LATE_H[late % len(LATE_H)])
        self._send(
            post_signal(
                self.account,
                body,
                at,
                event=self._name("post"),
                received=self.at,
                policy_version=self.policy.version,
                **more,
            )
        )

    def _post(self, draw: Draw) -> None:
        self._posted((1, 1, 1, 2, 2, 2, 3, 4)[draw.a], draw.b, draw.c)

    def _doubt(self, draw: Draw) -> None:
        self._posted(1 + draw.a % 3, draw.b, draw.c, mode="review")

    def _imported(self, draw: Draw) -> None:
        self._posted(1 + draw.a % 3, draw.b, draw.c, imported=True)

    def _revise(self, draw: Draw) -> None:
        live = [
            row
            for row in self.strikes
            if row.status == "active" and row.revision is not None and row.act not in self.deleted
        ]
        if not live:
            return
        row = live[(draw.a * 8 + draw.b) % len(live)]
        severity = 1 + draw.c % 3
        found = finding(row.guideline, f"s{severity}", severity)
        body = posted(
            self.account,
            row.act.removeprefix("post:"),
            found,
            revision=self._next_revision(row.act),
            change="edited",
        )
        self._send(
            post_signal(
                self.account, body, self.at, event=self._name("edit"), policy_version=self.policy.version
            )
        )

    def _next_revision(self, act: str) -> int:
        self.revisions[act] = self.revisions.get(act, 1) + 1
        return self.revisions[act]

    def _delete(self, draw: Draw) -> None:
        live = [row for row in self.strikes if row.revision is not None and row.act not in self.deleted]
        if live:
            row = live[(draw.a * 8 + draw.b) % len(live)]
            body = posted(
                self.account, row.act.removeprefix("post:"), revision=row.revision or 1, change="deleted"
            )
            self.deleted.add(row.act)
            self._send(post_signal(self.account, body, self.at, event=self._name("delete")))

    def _told(self, draw: Draw) -> None:
        things = [row.id for row in self.strikes]
        things += [row.id for row in self.suspensions if row.over is None]
        if things:
            about = things[(draw.a * 8 + draw.b) % len(things)]
            self._send(notice_signal(self.account, about, self.at, event=self._name("notice")))

    def _appeal(self, draw: Draw) -> None:
        """Whatever there is or was, by the account or the platform for it."""
        things = [row.id for row in self.strikes]
        things += [row.id for row in self.suspensions if row.origin != "termination_proposal"]
        if things:
            about, event = things[(draw.a * 8 + draw.b) % len(things)], self._name("appeal")
            by: Any = ("account", "platform")[draw.c % 2]
            self._send(
                appeal_signal(
                    self.account, event, about, self.at, event, by, policy_version=self.policy.version
                )
            )

    def _answer(self, draw: Draw) -> None:
        """By somebody who may have had a part in it."""
        view = self.world.view
        live = [row for row in view.cases_of(self.account, "appeal") if row.open]
        if not live:
            return
        row = live[draw.a % len(live)]
        ways: tuple[dict[str, Any], ...] = (
            {"outcome": "granted"},
            {"outcome": "denied"},
            {"outcome": "partly_granted", "strikes": view.appeals[row.id].strikes[:1]},
            {"outcome": "partly_granted", "severity": 1},
        )
        self._decide("decide_appeal", "case", row.id, row.version, draw.c, **ways[draw.b % len(ways)])

    def _decide(
        self, decision: str, kind: str, target: str, version: int | None, by: int, **more: Any
    ) -> None:
        body = decided(self.account, decision, kind, target, version, **more)
        self._pass(timedelta(seconds=1))
        self._send(
            decision_signal(
                self.account,
                body,
                self.at,
                self._name("decision"),
                by=MODERATORS[by % 3],
                policy_version=self.policy.version,
            )
        )

    def _on_strike(self, decision: str, a: int, b: int, by: int, off: int | None = 0, **more: Any) -> None:
        live = [row for row in self.strikes if row.status == "active"]
        if live:
            row = live[(a * 8 + b) % len(live)]
            version = None if off is None else row.version + off
            self._decide(decision, "strike", row.id, version, by, **more)

    def _confirm(self, draw: Draw) -> None:
        live = [row for row in self.strikes if row.status == "active" and not row.confirmed]
        if live:
            row = live[(draw.a * 8 + draw.b) % len(live)]
            self._decide("confirm", "strike", row.id, row.version, draw.c)

    def _overturn(self, draw: Draw) -> None:
        self._on_strike("overturn", draw.a, draw.b, draw.c)

    def _waive(self, draw: Draw) -> None:
        self._on_strike("waive", draw.a, draw.b, draw.c)

    def _reduce(self, draw: Draw) -> None:
        live = [row for row in self.strikes if row.status == "active" and row.severity > 1]
        if live:
            row = live[(draw.a * 8 + draw.b) % len(live)]
            severity = 1 + draw.c % min(row.severity - 1, 3)
            self._decide("reduce", "strike", row.id, row.version, draw.b, severity=severity)
            self._pass(timedelta(seconds=1))

    def _stale(self, draw: Draw) -> None:
        self._on_strike("overturn", draw.a, draw.b, draw.c, off=-1)

    def _unversioned(self, draw: Draw) -> None:
        self._on_strike("overturn", draw.a, draw.b, draw.c, off=None)

    def _own(self, draw: Draw) -> None:
        self._on_strike("overturn", draw.a, draw.b, draw.c, actor_account=self.account)

    def _strike(self, draw: Draw) -> None:
        severity = (1, 1, 2, 2, 2, 3, 3, 4)[draw.a]
        self.posts += 1
        self._decide(
            "strike",
            "account",
            "",
            self.world.view.version("account", "", self.account),
            draw.c,
            guideline=GUIDELINES[draw.b % 2],
            case=f"s{severity}",
            severity=severity,
            post=f"p{self.posts}",
            revision=1,
        )

    def _suspend(self, draw: Draw) -> None:
        self._decide(
            "sanction",
            "account",
            "",
            self.world.view.version("account", "", self.account),
            draw.c,
            sanction_kind="suspension",
            guideline=GUIDELINES[0],
            until=None if draw.a == 0 else self.at + timedelta(days=draw.a * 5),
        )

    def _lift(self, draw: Draw) -> None:
        live = [row for row in self.suspensions if row.over is None and row.origin != "termination_proposal"]
        if live:
            row = live[(draw.a * 8 + draw.b) % len(live)]
            self._decide("lift", "sanction", row.id, row.version, draw.c)

    def _again(self, draw: Draw) -> None:
        if self.sent:
            signal = self.sent[(draw.a * 64 + draw.b * 8 + draw.c) % len(self.sent)]
            if self.at - signal.received_at < timedelta(days=30):
                self._send(signal)

    def _confirm_case(self, draw: Draw) -> None:
        live = [
            row
            for row in self.world.view.cases_of(self.account)
            if row.open and row.subject.startswith("post:")
        ]
        if live:
            row = live[(draw.a * 8 + draw.b) % len(live)]
            self._decide("confirm", "case", row.id, row.version, draw.c)

    def _dismiss(self, draw: Draw) -> None:
        live = [row for row in self.world.view.cases_of(self.account, "termination") if row.open]
        if live:
            self._decide(
                "dismiss", "case", live[-1].id, live[-1].version, draw.c, outcome="dismissed_in_good_faith"
            )

    def _confirm_termination(self, draw: Draw) -> None:
        standing = self.world.view.standing(self.account)
        if standing is not None and standing.termination_proposed:
            self._decide(
                "confirm_termination",
                "account",
                "",
                self.world.view.version("account", "", self.account),
                draw.c,
                **({"capabilities": ()} if draw.a == 0 else {}),
            )
