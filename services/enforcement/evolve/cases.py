"""The fold of cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from events.ledger import CaseClosed, CaseFinding, CaseOpened, CaseUpdated, Failed
from services.enforcement.evolve.appeals import answered
from services.enforcement.state import (
    CASE_FAILED_SIGNALS_MAX,
    CASE_FINDINGS_MAX,
    CASE_STRIKES_MAX,
    CASES_CLOSED_MAX,
    AccountState,
    Act,
    Case,
    ClosedCase,
)

DELICATE: Final = ("welfare", "restricted")
"""Kinds of cases that not everybody may answer, nor decide later about what came of them; the graver last."""


def case_opened(state: AccountState, o: CaseOpened) -> AccountState:
    """A further open case."""
    case = Case(o.case, o.subject, o.case_kind, o.effective_at, urgent=o.urgent)
    return replace(state, cases=(*state.cases, case))


def with_case(state: AccountState, case_id: str, change: Callable[[Case], Case]) -> AccountState:
    """The state with one case changed."""
    return replace(state, cases=tuple(change(case) if case.id == case_id else case for case in state.cases))


def case_updated(state: AccountState, o: CaseUpdated) -> AccountState:
    """Something joins an open case."""

    def updated(case: Case) -> Case:
        strikes = case.strikes
        if o.strike is not None and o.strike not in strikes:
            strikes = (*strikes, o.strike)[-CASE_STRIKES_MAX:]
        failed = case.failed_signals
        if o.failed_signal is not None:
            failed = (*failed, o.failed_signal)[:CASE_FAILED_SIGNALS_MAX]
        return replace(
            case,
            kind=o.case_kind or case.kind,
            version=o.version,
            urgent=case.urgent or o.escalated is True,
            strikes=strikes,
            findings=case.findings if o.finding is None else _with_finding(case.findings, o.finding),
            failed_signals=failed,
        )

    return with_case(state, o.case, updated)


def _with_finding(findings: tuple[CaseFinding, ...], added: CaseFinding) -> tuple[CaseFinding, ...]:
    """One more; beyond the limit without the mildest, the latest among equals."""
    found = (*findings, added)
    if len(found) <= CASE_FINDINGS_MAX:
        return found
    mildest = min(range(len(found)), key=lambda index: (found[index].severity, -index))
    return (*found[:mildest], *found[mildest + 1 :])


def case_closed(state: AccountState, o: CaseClosed) -> AccountState:
    """A case was answered; where it was the one about a fault, the clock takes the account up again."""
    case = next((case for case in state.cases if case.id == o.case), None)
    if case is not None and case.reports and o.report_outcome is not None:
        state = answered(state, case, o.report_outcome)
    if case is not None and case.kind in DELICATE:
        state = replace(state, acts=tuple(_remembering(act, case) for act in state.acts))
    cases = tuple(case for case in state.cases if case.id != o.case)
    closed = (*state.closed_cases, ClosedCase(o.case, o.version))[-CASES_CLOSED_MAX:]
    return replace(
        state, cases=cases, closed_cases=closed, stuck=None if state.stuck == o.case else state.stuck
    )


def _remembering(act: Act, case: Case) -> Act:
    """An act with the kind of a case about it, which is closed now."""
    about = act.strike in case.strikes or act.act == case.subject
    about = about or any(finding.act == act.act for finding in case.findings)
    if not about or case.kind in act.case_kinds:
        return act
    return replace(act, case_kinds=(*act.case_kinds, case.kind))


def failed(state: AccountState, o: Failed) -> AccountState:
    """A fault of ours; one of the clock's keeps it away."""
    return replace(state, stuck=o.case) if o.at_tick else state
