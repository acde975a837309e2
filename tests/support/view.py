"""What an operator sees: the ledger's outcomes, folded in the plainest way, apart from all other folds.

Tests read ids and versions here to make decisions, and look here for what a decision came to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events import ledger
from events.ledger import Entry, Standing


@dataclass
class StrikeRow:
    """A strike as it stands."""

    id: str
    act: str
    account: str
    guideline: str
    severity: int
    counts_as: str
    episode: str
    confirmed: bool
    status: str = "active"
    version: int = 1
    revision: int | None = None
    issued_at: datetime | None = None


@dataclass
class SanctionRow:
    """A sanction as it stands; `over` is the reason of its lifting."""

    id: str
    account: str
    kind: str
    origin: str
    starts_at: datetime
    ends_at: datetime | None
    strikes: tuple[str, ...]
    decision: str
    post: str | None
    rung: int = 0
    over: str | None = None
    over_at: datetime | None = None
    version: int = 1
    notice: ledger.Notice | None = None


@dataclass
class CaseRow:
    """A case as it stands."""

    id: str
    account: str
    subject: str
    kind: str
    open: bool = True
    version: int = 1
    result: str | None = None


@dataclass
class AppealRow:
    """An appeal as it stands."""

    id: str
    account: str
    about: str
    filed_as: str
    strikes: tuple[str, ...]
    outcome: str | None = None
    decided_by: str | None = None
    reason_ref: str | None = None


@dataclass
class View:
    """Every entry of a log, and what it comes to."""

    entries: list[Entry] = field(default_factory=list)
    strikes: dict[str, StrikeRow] = field(default_factory=dict)
    sanctions: dict[str, SanctionRow] = field(default_factory=dict)
    cases: dict[str, CaseRow] = field(default_factory=dict)
    appeals: dict[str, AppealRow] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    proposals: list[tuple[str, str]] = field(default_factory=list)
    """Account and ground of every termination that was proposed."""

    def take(self, entry: Entry) -> None:
        """Fold one entry."""
        self.entries.append(entry)
        self.standings[entry.entity] = entry.standing
        account = entry.entity.partition(":")[2]
        for outcome in entry.outcomes:
            fold = _FOLDS.get(type(outcome))
            if fold is not None:
                fold(self, account, outcome)

    def of(self, account: str) -> list[Entry]:
        """The account's entries, in order."""
        return [entry for entry in self.entries if entry.entity == f"account:{account}"]

    def standing(self, account: str) -> Standing | None:
        """The account's standing after its last entry."""
        return self.standings.get(f"account:{account}")

    def strike(self, act: str) -> StrikeRow:
        """The last strike of an act (`post:…`). Raises `KeyError` when there is none."""
        found = [row for row in self.strikes.values() if row.act == act]
        if not found:
            raise KeyError(
                f"no strike of act `{act}`; there are {[row.act for row in self.strikes.values()]}"
            )
        return found[-1]

    def sanctions_of(self, account: str, kind: str = "", origin: str = "") -> list[SanctionRow]:
        """The account's sanctions, over or not, in order."""
        return [
            row
            for row in self.sanctions.values()
            if row.account == account and kind in {"", row.kind} and origin in {"", row.origin}
        ]

    def cases_of(self, account: str, kind: str = "") -> list[CaseRow]:
        """The account's cases, open or closed, in order."""
        return [row for row in self.cases.values() if row.account == account and kind in {"", row.kind}]

    def acts(self, about: str) -> tuple[str, ...]:
        """The acts that a strike, a sanction or an appeal is about; none for what isn't known."""
        if about in self.appeals:
            return tuple(act for strike in self.appeals[about].strikes for act in self.acts(strike))
        if about in self.strikes:
            return (self.strikes[about].act,)
        if about in self.sanctions:
            return tuple(
                self.strikes[strike].act for strike in self.sanctions[about].strikes if strike in self.strikes
            )
        return ()

    def version(self, kind: str, target: str, account: str) -> int:
        """The version that a decision about this target should name."""
        if kind == "strike":
            return self.strikes[target].version
        if kind == "sanction":
            return self.sanctions[target].version
        if kind == "case":
            return self.cases[target].version
        standing = self.standing(account)
        return 0 if standing is None else standing.version


def _issued(view: View, account: str, o: ledger.StrikeIssued) -> None:
    view.strikes[o.strike] = StrikeRow(
        o.strike,
        o.act,
        account,
        o.guideline,
        o.severity,
        o.counts_as,
        o.episode,
        o.confirmed,
        revision=o.revision,
        issued_at=o.effective_at,
    )


def _amended(view: View, account: str, o: ledger.StrikeAmended) -> None:
    row = view.strikes[o.strike]
    row.severity, row.counts_as, row.guideline, row.version = (
        o.severity,
        o.counts_as,
        o.guideline,
        row.version + 1,
    )
    row.revision = row.revision if o.revision is None else o.revision


def _confirmed(view: View, account: str, o: ledger.StrikeConfirmed) -> None:
    row = view.strikes[o.strike]
    row.confirmed, row.version = True, row.version + 1


def _removed(view: View, account: str, o: ledger.StrikeRemoved) -> None:
    row = view.strikes[o.strike]
    row.status, row.version = o.status, row.version + 1


def _expired(view: View, account: str, o: ledger.StrikeExpired) -> None:
    view.strikes[o.strike].version += 1


def _imposed(view: View, account: str, o: ledger.SanctionImposed) -> None:
    view.sanctions[o.sanction] = SanctionRow(
        o.sanction,
        account,
        o.sanction_kind,
        o.origin,
        o.starts_at,
        o.ends_at,
        o.strikes,
        o.decision,
        o.post,
        o.rung,
        notice=o.notice,
    )


def _sanction_amended(view: View, account: str, o: ledger.SanctionAmended) -> None:
    row = view.sanctions[o.sanction]
    row.ends_at, row.version = o.ends_at, row.version + 1


def _lifted(view: View, account: str, o: ledger.SanctionLifted) -> None:
    row = view.sanctions[o.sanction]
    row.over, row.over_at, row.version = o.because, o.effective_at, row.version + 1


def _case_opened(view: View, account: str, o: ledger.CaseOpened) -> None:
    view.cases[o.case] = CaseRow(o.case, account, o.subject, o.case_kind)


def _case_updated(view: View, account: str, o: ledger.CaseUpdated) -> None:
    view.cases[o.case].version = o.version


def _case_closed(view: View, account: str, o: ledger.CaseClosed) -> None:
    row = view.cases[o.case]
    row.open, row.version, row.result = False, o.version, o.result


def _proposed(view: View, account: str, o: ledger.TerminationProposed) -> None:
    view.proposals.append((account, o.because))


def _appeal_filed(view: View, account: str, o: ledger.AppealFiled) -> None:
    view.appeals[o.appeal] = AppealRow(o.appeal, account, o.about, o.filed_as, o.strikes)


def _appeal_decided(view: View, account: str, o: ledger.AppealDecided) -> None:
    row = view.appeals[o.appeal]
    row.outcome, row.decided_by, row.reason_ref = o.outcome, o.actor.id, o.reason_ref


_FOLDS: dict[type, Callable[[View, str, Any], None]] = {
    ledger.StrikeIssued: _issued,
    ledger.StrikeAmended: _amended,
    ledger.StrikeConfirmed: _confirmed,
    ledger.StrikeRemoved: _removed,
    ledger.StrikeExpired: _expired,
    ledger.SanctionImposed: _imposed,
    ledger.SanctionAmended: _sanction_amended,
    ledger.SanctionLifted: _lifted,
    ledger.CaseOpened: _case_opened,
    ledger.CaseUpdated: _case_updated,
    ledger.CaseClosed: _case_closed,
    ledger.TerminationProposed: _proposed,
    ledger.AppealFiled: _appeal_filed,
    ledger.AppealDecided: _appeal_decided,
}
