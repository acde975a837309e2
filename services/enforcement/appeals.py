"""Appeals: what can be appealed, until when, and taking a complaint in or refusing it.

Any adverse outcome can be appealed, once, by its account or by the platform for it. The time to do so counts
in UTC days from when the account was told, the last day included; where the platform never said that it told
it, from when it counts as told.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

import msgspec

from events.ids import carried_strike
from events.ledger import AppealFiled, CaseOpened, RefusalCode, Refused, RemovalStatus
from events.signals import AppealFiled as AppealSignal
from services.enforcement.draft import Draft
from services.enforcement.state import APPEALS_OPEN_MAX, AccountState, Act, Sanction
from services.enforcement.striking import find_strike

STRIKE: Final = "strike"
UNDONE: Final = frozenset({"overturned", "withdrawn", "dismissed", "restored"})
"""Endings after which nothing is left to appeal: somebody found that it should not have been."""


class Adverse(msgspec.Struct, frozen=True, gc=False):
    """An outcome that can be appealed. `kind` is `strike`, or that of the sanction.

    `since`: from when it is as it is now. `undone`: how it was taken back; None: it wasn't. What else there
    is, is as for an act.
    """

    id: str
    kind: str
    strikes: tuple[str, ...]
    since: datetime
    appeal_days: int
    appeal_until: datetime | None
    appeal: str | None
    undone: str | None


def window_end(told_at: datetime, days: int) -> datetime:
    """When the time to appeal is over (exclusive): after the last of so many UTC days."""
    last = told_at.astimezone(UTC).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), UTC)


def find_adverse(state: AccountState, about: str) -> Adverse | None:
    """The outcome of this id; None where the account has, or remembers, none such."""
    act = find_strike(state, about)
    if act is not None:
        return _of_act(act)
    held = next((sanction for sanction in state.sanctions if sanction.id == about), None)
    if held is not None:
        return _of_sanction(state, held, held.strikes, None)
    for ended in state.ended:
        if ended.id == about and ended.was is not None:
            because = ended.because if ended.because in UNDONE else None
            return _of_sanction(state, ended.was, ended.strikes, because)
    return None


def _of_act(act: Act) -> Adverse:
    undone: tuple[RemovalStatus, ...] = ("overturned", "withdrawn")
    return Adverse(
        act.strike,
        STRIKE,
        (act.strike,),
        act.worse_since or act.issued_at,
        act.appeal_days,
        act.appeal_until,
        act.appeal,
        act.status if act.status in undone else None,
    )


def _of_sanction(
    state: AccountState, sanction: Sanction, strikes: tuple[str, ...], undone: str | None
) -> Adverse:
    appeal = sanction.appeal
    if sanction.kind == "warning":
        # An act that counts as the warning, and the telling of it, are one outcome.
        acts = [act for strike in strikes if (act := find_strike(state, strike)) is not None]
        appeal = next((act.appeal for act in acts if act.appeal is not None), appeal)
    return Adverse(
        sanction.id,
        sanction.kind,
        strikes if _rests_on_strikes(state, sanction) else (),
        sanction.worse_since or sanction.starts_at,
        sanction.appeal_days,
        sanction.appeal_until,
        appeal,
        undone,
    )


def _rests_on_strikes(state: AccountState, sanction: Sanction) -> bool:
    """Whether it falls with its strikes; a termination that a person proposed stands on its own."""
    if sanction.origin != "termination_proposal":
        return True
    return state.proposal is not None and state.proposal.because != "person"


def appeal_filed(draft: Draft, appeal: AppealSignal) -> None:
    """Take an appeal in, as a case for somebody who may decide it; or say why not."""
    adverse = find_adverse(draft.state, appeal.about)
    if adverse is None:
        _refuse(
            draft,
            "unknown_target",
            f"this account has no outcome `{appeal.about}` that could be appealed",
            "name the id that the strike or sanction event carried, and its own account as subject",
        )
        return
    open_until = _open_until(draft, adverse)
    refusal = _refusal(draft, adverse, open_until)
    if refusal is not None:
        _refuse(draft, *refusal)
        return
    identity = draft.id("appeal")
    draft.note(
        AppealFiled(
            appeal=identity,
            filed_as=appeal.filed_as,
            about=adverse.id,
            about_kind=adverse.kind,
            by=appeal.by,
            strikes=adverse.strikes,
            text_ref=appeal.text_ref,
            open_until=open_until,
            effective_at=draft.now,
        )
    )
    what = adverse.kind.replace("_", " ")
    summary = f"appeal about a {what}: somebody who had no part in it decides"
    draft.note(CaseOpened(identity, f"appeal:{adverse.id}", "appeal", False, summary, draft.now))


def _open_until(draft: Draft, adverse: Adverse) -> datetime:
    if adverse.appeal_until is not None:
        return adverse.appeal_until
    told_at = adverse.since + timedelta(hours=draft.policy.episode.told_after_hours)
    return window_end(told_at, adverse.appeal_days)


def _refusal(draft: Draft, adverse: Adverse, open_until: datetime) -> tuple[RefusalCode, str, str] | None:
    """Code, message and remedy of why an appeal isn't taken in; None: it is."""
    into = draft.state.merged_into
    gone = next((strike for strike in adverse.strikes if into is not None and strike in into.strikes), None)
    if into is not None and gone is not None:
        return (
            "not_allowed",
            f"the account's record goes on at account `{into.account}`",
            f"appeal there, about strike `{carried_strike(into.account, gone)}`",
        )
    if adverse.appeal is not None:
        return (
            "already_done",
            f"the {adverse.kind} was appealed already, as appeal `{adverse.appeal}`",
            "one appeal is heard about each outcome: await its answer, or keep to it",
        )
    if adverse.undone is not None:
        return "already_done", f"the {adverse.kind} is {adverse.undone} already", "nothing is left to do"
    if draft.signal.received_at >= open_until:
        last = (open_until - timedelta(days=1)).date()
        return (
            "too_late",
            f"the last day to appeal was {last.isoformat()}",
            "a person may still overturn, reduce or lift it at discretion",
        )
    if len(draft.state.appeals) >= APPEALS_OPEN_MAX:
        return (
            "not_allowed",
            f"{APPEALS_OPEN_MAX} appeals of this account await an answer",
            "file it again once one of them is answered",
        )
    return None


def _refuse(draft: Draft, code: RefusalCode, message: str, remedy: str) -> None:
    draft.note(Refused("appeal_filed", code, message, remedy, draft.now))
