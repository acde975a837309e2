"""The fold of appeals, and of what is remembered so that outcomes can be appealed.

Who had to do with an outcome, until when it can be appealed, and whom to tell if it turns out to be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from events.ledger import AppealDecided, AppealFiled, Notice, NoticeNoted
from events.signals import Actor, ReportOutcome
from services.enforcement.state import (
    JUDGES_MAX,
    REPORTS_ANSWERED_MAX,
    AccountState,
    Act,
    AnsweredReport,
    Appeal,
    Case,
    EndedSanction,
    Sanction,
)

Appealable = TypeVar("Appealable", Act, Sanction)
UPHELD: Final[ReportOutcome] = "upheld"
CORRECTED: Final[ReportOutcome] = "dismissed_in_good_faith"
"""What a reporter is told in place of `upheld` where it turns out that the post was no violation."""


def judged(judges: tuple[str, ...], actor: Actor) -> tuple[str, ...]:
    """Who had to do with an outcome, once this one has; rules, clock and platform are nobody."""
    if actor.kind != "person" or actor.id in judges:
        return judges
    return (*judges, actor.id)[-JUDGES_MAX:]


def told_anew(state: AccountState, about: Appealable, notice: Notice | None, at: datetime) -> Appealable:
    """An outcome that was made worse: it is to be told of again, and can be appealed again from then.

    An appeal that awaits an answer stays the one there is.
    """
    if notice is None:
        return about
    pending = any(appeal.id == about.appeal for appeal in state.appeals)
    return replace(
        about,
        worse_since=at,
        appeal_days=notice.appeal_days,
        appeal_until=None,
        appeal=about.appeal if pending else None,
    )


def appeal_filed(state: AccountState, o: AppealFiled) -> AccountState:
    """It awaits an answer, and whatever it is about can't be appealed once more."""
    acts = tuple(act for act in state.acts if act.strike in o.strikes or act.strike == o.about)
    judges = [judge for act in acts for judge in act.judges] + list(sanction_judges(state, o.about))
    appeal = Appeal(
        o.appeal,
        o.filed_as,
        o.about,
        o.strikes,
        tuple(dict.fromkeys(act.act for act in acts)),
        tuple(dict.fromkeys(judges)),
    )
    warned = next((item.strikes for item in state.ended if item.id == o.about and item.is_warning), ())
    marked = _marked(state, (o.about, *warned), lambda item: replace(item, appeal=o.appeal))
    return replace(marked, appeals=(*state.appeals, appeal))


def appeal_decided(state: AccountState, o: AppealDecided) -> AccountState:
    """It was answered."""
    return replace(state, appeals=tuple(appeal for appeal in state.appeals if appeal.id != o.appeal))


def told(state: AccountState, o: NoticeNoted) -> AccountState:
    """The account knows of it: from here the time to appeal is counted."""
    if o.appeal_until is None:
        return state
    return _marked(state, (o.about,), lambda item: replace(item, appeal_until=o.appeal_until))


def sanction_judges(state: AccountState, sanction: str) -> tuple[str, ...]:
    """The persons who imposed or changed a sanction, proposed it, or confirmed that."""
    held = next((item for item in state.sanctions if item.id == sanction), None)
    held = held or next((item.was for item in state.ended if item.id == sanction), None)
    if held is None:
        return ()
    proposal = state.proposal
    if proposal is None or held.origin != "termination_proposal":
        return held.judges
    return judged(held.judges, proposal.proposer)


def _marked(state: AccountState, ids: tuple[str, ...], mark: Callable[[Any], Any]) -> AccountState:
    """The state with what has these ids changed, in force or over."""

    def over(item: EndedSanction) -> EndedSanction:
        return item if item.was is None else replace(item, was=mark(item.was))

    return replace(
        state,
        acts=tuple(mark(act) if act.strike in ids else act for act in state.acts),
        sanctions=tuple(mark(item) if item.id in ids else item for item in state.sanctions),
        ended=tuple(over(item) if item.id in ids else item for item in state.ended),
    )


def answered(state: AccountState, case: Case, outcome: str) -> AccountState:
    """A case was answered, and so were its reports; those by e-mail are answered outside."""
    reports = tuple(
        AnsweredReport(case.subject, report.report, report.reporter, outcome, report.linked)
        for report in case.reports
        if not report.by_email
    )
    return replace(state, answered=(*state.answered, *reports)[-REPORTS_ANSWERED_MAX:])


def corrected(state: AccountState, act: str) -> AccountState:
    """What reports of an act had rightly said was found to be wrong: their answers were corrected."""
    reports = tuple(
        replace(report, outcome=CORRECTED) if report.subject == act and report.outcome == UPHELD else report
        for report in state.answered
    )
    return replace(state, answered=reports)
