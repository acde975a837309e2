"""What tests of enforcement have in common: one account, a world around it, and a person who decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from events.ledger import Entry, Outcome, Standing
from events.policy import Policy
from events.signals import AccountChanged, Body, Finding, Signal
from services.enforcement.state import AccountState
from tests.support.policies import small_policy
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
from tests.support.view import CaseRow, SanctionRow, StrikeRow
from tests.support.world import World

Kind = TypeVar("Kind")
GUIDELINE = "keep-it-clean"
OTHER = "no-selling"


def found(severity: int, guideline: str = GUIDELINE, **more: Any) -> Finding:
    """A finding of the case `s<severity>`."""
    return finding(guideline, f"s{severity}", severity, **more)


@dataclass
class Desk:
    """Ann's account, and who decides about it. Time is moved by hand, in days."""

    policy: Policy = field(default_factory=small_policy)
    account: str = "ann"

    def __post_init__(self) -> None:
        """Begin at day 0, ticked once."""
        self.world = World(self.policy)
        self.at = day(0)
        self.number = 0
        self.clock(0)

    # --- what happens ---------------------------------------------------------------------------------

    def clock(self, to_day: float) -> list[Entry]:
        """Move time on; deadlines on the way are fired one by one."""
        self.at = day(to_day)
        return self.world.advance(self.at)

    def send(self, *signals: Signal) -> list[Entry]:
        """Apply signals, and what they send on."""
        return self.world.send(*signals)

    def event(self) -> str:
        """A name that no other event has."""
        self.number += 1
        return f"event-{self.number}"

    def post(
        self, post: str, *findings: Finding, revision: int = 1, days_ago: float = 0, **more: Any
    ) -> list[Entry]:
        """A revision of a post in which something was found."""
        change: Any = "created" if revision == 1 else "edited"
        body = posted(self.account, post, *findings, revision=revision, change=change)
        at = self.at - timedelta(days=days_ago)
        return self.send(post_signal(self.account, body, at, event=self.event(), received=self.at, **more))

    def delete(self, post: str, revision: int = 1) -> list[Entry]:
        """The author takes a post back."""
        body = posted(self.account, post, revision=revision, change="deleted")
        return self.send(post_signal(self.account, body, self.at, event=self.event()))

    def told(self, about: str) -> list[Entry]:
        """The account is told of a strike or sanction."""
        return self.send(notice_signal(self.account, about, self.at, event=self.event()))

    def appeal(self, about: str, account: str = "", **more: Any) -> list[Entry]:
        """An account, by default this one, appeals an outcome."""
        event = self.event()
        return self.send(appeal_signal(account or self.account, event, about, self.at, event, **more))

    def answer(self, outcome: str, by: str = "mod-bea", **more: Any) -> list[Entry]:
        """Somebody answers the last appeal that is open."""
        case = self.case("appeal").id
        return self.decide("decide_appeal", "case", case, by=by, outcome=outcome, **more)

    def report(self, reporter: str, post: str | None = None, reason: str = "no-spam") -> list[Entry]:
        """Somebody reports the account or a post of it."""
        return self.send(
            report_signal(reporter, self.event(), self.account, self.at, post=post, reason=reason)
        )

    def know(self, change: str = "registered", **said: Any) -> list[Entry]:
        """Something becomes known of the account."""
        if "kind" in said or change in ("registered", "closed"):
            return self.send(account_signal(self.account, self.at, event=self.event(), change=change, **said))
        body = AccountChanged(self.account, change, **said)  # type: ignore[arg-type]  # tests pass what the contract allows
        return self.signal(body)

    def signal(self, body: Body) -> list[Entry]:
        """Any other signal."""
        return self.send(signal(f"account:{self.account}", self.event(), body, self.at))

    def decide(
        self,
        decision: str,
        kind: str = "account",
        target: str = "",
        *,
        by: str = "mod-ann",
        version: int | None = -1,
        imported: bool = False,
        at: datetime | None = None,
        **more: Any,
    ) -> list[Entry]:
        """A person decides, by default at the version that there is. A second passes before that."""
        self.at += timedelta(seconds=1)
        self.world.advance(self.at)
        seen = self.view.version(kind, target, self.account) if version == -1 else version
        body = decided(self.account, decision, kind, target, seen, **more)
        return self.send(
            decision_signal(
                self.account, body, at or self.at, self.event(), by=by, received=self.at, imported=imported
            )
        )

    def strike(self, post: str, severity: int, guideline: str = GUIDELINE, **more: Any) -> str:
        """A person strikes a post; the strike's id."""
        self.decide(
            "strike",
            guideline=guideline,
            case=f"s{severity}",
            severity=severity,
            post=post,
            revision=1,
            **more,
        )
        return str(self.view.strike(f"post:{post}").id)

    def overturn(self, post: str) -> list[Entry]:
        """A person overturns the strike of a post."""
        return self.decide("overturn", "strike", self.view.strike(f"post:{post}").id)

    def confirm(self, post: str) -> list[Entry]:
        """A person confirms the strike of a post."""
        return self.decide("confirm", "strike", self.view.strike(f"post:{post}").id)

    # --- what there is --------------------------------------------------------------------------------

    @property
    def view(self) -> Any:
        """What an operator sees."""
        return self.world.view

    @property
    def state(self) -> AccountState:
        """The account's state."""
        state: AccountState = self.world.states[f"account:{self.account}"]
        return state

    @property
    def standing(self) -> Standing:
        """The account's standing after its last entry."""
        standing: Standing = self.view.standing(self.account)
        return standing

    def row(self, post: str) -> StrikeRow:
        """The last strike of a post."""
        row: StrikeRow = self.view.strike(f"post:{post}")
        return row

    def hidden(self) -> set[str]:
        """The posts that are away."""
        return {s.post for s in self.state.sanctions if s.kind == "content_removal" and s.post is not None}

    def suspensions(self, origin: str = "ladder") -> list[SanctionRow]:
        """The suspensions of an origin, over or not."""
        rows: list[SanctionRow] = self.view.sanctions_of(self.account, "suspension", origin)
        return rows

    def case(self, kind: str = "") -> CaseRow:
        """The last open case of a kind."""
        rows: list[CaseRow] = [row for row in self.view.cases_of(self.account, kind) if row.open]
        return rows[-1]

    def case_about(self, post: str) -> CaseRow:
        """The last open case about a post."""
        rows: list[CaseRow] = [
            r for r in self.view.cases_of(self.account) if r.open and r.subject == f"post:{post}"
        ]
        return rows[-1]


def outcomes(entries: list[Entry], kind: type[Kind]) -> list[Kind]:
    """The outcomes of a kind, in order."""
    return [o for entry in entries for o in entry.outcomes if isinstance(o, kind)]


def kinds(entries: list[Entry]) -> list[type[Outcome]]:
    """The kinds of all outcomes, in order."""
    return [type(o) for entry in entries for o in entry.outcomes]
