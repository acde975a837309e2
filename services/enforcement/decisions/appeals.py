"""Decisions about appeals: granted, partly granted or denied, by somebody who had no part in the matter.

What follows is what follows from overturning, reducing or lifting by hand: all of it is one entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from events.ids import post_act
from events.ledger import AppealDecided, AppealOutcome, SanctionLifted
from events.signals import Decided
from services.enforcement.appeals import STRIKE, find_adverse
from services.enforcement.casework import close, close_cases_of
from services.enforcement.decisions.refusals import Refusal, case_of
from services.enforcement.decisions.sanctions import shorten
from services.enforcement.decisions.separations import involved
from services.enforcement.decisions.strikes import fall, lessen
from services.enforcement.draft import Draft, find_case
from services.enforcement.evolve.appeals import sanction_judges
from services.enforcement.sanctioning import content_removals, lift, withdraw_termination
from services.enforcement.state import Act, Appeal, Case, Sanction
from services.enforcement.striking import clear_post, find_strike

STANDS: Final = frozenset({"active", "waived"})
"""What an overturning still changes: what was waived was right, until somebody finds that it wasn't."""

Granting = Callable[[Draft, Decided, Appeal], tuple[str, ...]]
"""Carries an answer out; the strikes that fell. Raises `Refusal`."""


def decide_appeal(draft: Draft, decision: Decided) -> None:
    """Answer an appeal, with a reason that the account reads."""
    case = case_of(draft, decision)
    appeal = next((appeal for appeal in draft.state.appeals if appeal.id == case.id), None)
    outcome = _OUTCOMES.get(decision.outcome or "")
    if appeal is None or outcome is None:
        raise Refusal(
            "invalid",
            f"a case of kind `{case.kind}` can't be answered with `{decision.outcome}`",
            f"name an appeal, and one of {', '.join(_OUTCOMES)}",
            case.version,
        )
    _uninvolved(draft, decision, appeal, case)
    fallen = _ANSWERS[outcome](draft, decision, appeal)
    draft.note(
        AppealDecided(
            appeal=appeal.id,
            filed_as=appeal.filed_as,
            about=appeal.about,
            outcome=outcome,
            strikes=fallen,
            version=case.version + 1,
            actor=draft.signal.actor,
            reason_ref=decision.reason_ref,
            effective_at=draft.now,
            severity=decision.severity,
            until=decision.until,
        )
    )
    close(draft, case, outcome, decision.reason_ref, None)


_OUTCOMES: Final[Mapping[str, AppealOutcome]] = MappingProxyType(
    {"granted": "granted", "partly_granted": "partly_granted", "denied": "denied"}
)


# --- who may answer ---------------------------------------------------------------------------------------


def _uninvolved(draft: Draft, decision: Decided, appeal: Appeal, case: Case) -> None:
    """Raise `Refusal` for who issued, confirmed or changed it, reported it, was its target, or appeals."""
    state, actor = draft.state, draft.signal.actor.id
    acts = _acts(draft, appeal)
    judges = {*appeal.judges, *sanction_judges(state, appeal.about), *(j for act in acts for j in act.judges)}
    if actor in judges:
        raise Refusal(
            "second_person_needed",
            "who issued, confirmed or changed what is appealed may not decide the appeal",
            "leave it to somebody who had no part in it",
            case.version,
        )
    own = {actor, decision.actor_account}
    subjects = {state.entity, *appeal.subjects, *_posts(draft, appeal)}
    if state.account in own:
        raise involved("the account's own holder")
    if any(not own.isdisjoint(reporters) for reporters in _reporters(draft, subjects)):
        raise involved("a reporter")
    if any(not own.isdisjoint(act.targets) for act in acts):
        raise involved("a target")


def _acts(draft: Draft, appeal: Appeal) -> list[Act]:
    """The acts that the appealed outcome rests on, as far as they are still on record."""
    return [act for act in draft.state.acts if act.strike in appeal.strikes]


def _posts(draft: Draft, appeal: Appeal) -> list[str]:
    """The post that was taken away, where that is what is appealed."""
    held = [s for s in draft.state.sanctions if s.id == appeal.about]
    over = [item.was for item in draft.state.ended if item.id == appeal.about and item.was is not None]
    return [post_act(sanction.post) for sanction in (*held, *over) if sanction.post is not None]


def _reporters(draft: Draft, subjects: set[str]) -> list[tuple[str, ...]]:
    """Who reported any of this, each with the accounts of the same person."""
    waiting = [report for case in draft.state.cases if case.subject in subjects for report in case.reports]
    answered = [report for report in draft.state.answered if report.subject in subjects]
    return [(r.reporter, *r.linked) for r in waiting] + [(r.reporter, *r.linked) for r in answered]


# --- what follows -----------------------------------------------------------------------------------------


def _grant(draft: Draft, decision: Decided, appeal: Appeal) -> tuple[str, ...]:
    """It was wrong: its strikes are overturned, what was done is lifted, content comes back."""
    acts = [act for act in _acts(draft, appeal) if act.status in STANDS]
    _overturn(draft, acts, decision.reason_ref)
    held = _held(draft, appeal)
    if held is not None:
        _undo(draft, held, decision)
    else:
        _take_back_warning(draft, appeal, decision)
    return tuple(act.strike for act in acts)


def _grant_partly(draft: Draft, decision: Decided, appeal: Appeal) -> tuple[str, ...]:
    """Some of its strikes fall, or it is made less: the rest is recomputed."""
    said = [bool(decision.strikes), decision.severity is not None, decision.until is not None]
    if said.count(True) != 1:
        raise _not_partly("it isn't said in one way what is granted", "name strikes, a severity or an end")
    if decision.strikes:
        return _some_fall(draft, decision, appeal)
    if decision.severity is not None:
        _reduce(draft, decision, appeal)
    else:
        _shorten(draft, decision, appeal)
    return ()


def _deny(draft: Draft, decision: Decided, appeal: Appeal) -> tuple[str, ...]:
    """It stands."""
    del draft, decision, appeal  # nothing follows
    return ()


_ANSWERS: Final[Mapping[AppealOutcome, Granting]] = MappingProxyType(
    {"granted": _grant, "partly_granted": _grant_partly, "denied": _deny}
)


def _overturn(draft: Draft, acts: list[Act], reason_ref: str | None) -> None:
    if acts:
        fall(draft, acts, "overturned", reason_ref)
    for act in acts:
        close_cases_of(draft, act.strike, "overturned", reason_ref)


def _held(draft: Draft, appeal: Appeal) -> Sanction | None:
    """The sanction that is appealed, where it is (still) in force."""
    return next((s for s in draft.state.sanctions if s.id == appeal.about), None)


def _undo(draft: Draft, held: Sanction, decision: Decided) -> None:
    """Lift what its strikes, or their fall, haven't lifted already."""
    actor, reason_ref = draft.signal.actor, decision.reason_ref
    if held.origin == "termination_proposal":
        withdraw_termination(draft, "withdrawn", actor, reason_ref)
        return
    lift(draft, held, "overturned", actor, reason_ref)
    if held.post is not None and not content_removals(draft.state, held.post):
        clear_post(draft, held.post, _latest_revision(draft, held.post), actor)


def _latest_revision(draft: Draft, post: str) -> int:
    """The latest revision of a post that anything is known of here."""
    case = find_case(draft.state, post_act(post))
    known = [act.revision for act in draft.state.acts if act.post == post]
    if case is not None:
        known += [finding.revision or 1 for finding in case.findings]
        known += [report.revision or 1 for report in case.reports]
    return max([1, *known])


def _take_back_warning(draft: Draft, appeal: Appeal, decision: Decided) -> None:
    """A warning was over when it was told; that it was wrong is on record."""
    for ended in draft.state.ended:
        if ended.id == appeal.about and ended.is_warning and ended.because is None and ended.was is not None:
            actor, reason_ref = draft.signal.actor, decision.reason_ref
            draft.note(
                SanctionLifted(
                    ended.id, "warning", "overturned", ended.was.decision, actor, reason_ref, draft.now
                )
            )


def _some_fall(draft: Draft, decision: Decided, appeal: Appeal) -> tuple[str, ...]:
    standing = {act.strike: act for act in _acts(draft, appeal) if act.status in STANDS}
    unknown = [strike for strike in decision.strikes if strike not in standing]
    if unknown:
        raise _not_partly(
            f"the appealed outcome doesn't rest on a strike `{unknown[0]}` that still stands",
            "name strikes that it rests on",
        )
    if len(set(decision.strikes)) == len(standing):
        raise _not_partly("no strike would be left that the outcome rests on", "grant the appeal")
    acts = [standing[strike] for strike in dict.fromkeys(decision.strikes)]
    _overturn(draft, acts, decision.reason_ref)
    return tuple(act.strike for act in acts)


def _reduce(draft: Draft, decision: Decided, appeal: Appeal) -> None:
    act = find_strike(draft.state, appeal.about)
    if act is None or not act.survives:
        raise _not_partly("what is appealed is no strike that still stands", "name strikes or an end instead")
    lessen(draft, act, decision)


def _shorten(draft: Draft, decision: Decided, appeal: Appeal) -> None:
    held = _held(draft, appeal)
    if held is None:
        adverse = find_adverse(draft.state, appeal.about)
        over = "a strike" if adverse is not None and adverse.kind == STRIKE else "no sanction in force"
        raise _not_partly(
            f"what is appealed is {over}, and has no end that could be moved", "reduce or grant"
        )
    shorten(draft, held, decision)


def _not_partly(message: str, remedy: str) -> Refusal:
    return Refusal("invalid", message, remedy)
