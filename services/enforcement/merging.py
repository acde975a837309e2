"""Carrying a record over to a person's new account, without fault: a new job, a new address.

The strikes that count go along with their prices, dates and episodes, and count at the new account as if they
had been issued there. Nothing is imposed by that. At the former account they stay on record, and are no
longer decided about.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from events.ids import account_entity, carried_strike
from events.ledger import Detection, MergeNoted, Price, RemovalStatus, StrikeIssued
from events.signals import (
    Actor,
    CarriedPast,
    CarriedPrice,
    CarriedReport,
    CarriedStrike,
    RecordCarried,
    RecordReturned,
    ReturnedStrike,
)
from services.enforcement.decisions.strikes import fall, take_off
from services.enforcement.draft import Draft, notice_of
from services.enforcement.evolve.strikes import is_over, room_for_act
from services.enforcement.holding import LINK
from services.enforcement.ladder import survivors
from services.enforcement.links import note_link
from services.enforcement.sanctioning import refold
from services.enforcement.state import AccountState, Act
from services.enforcement.striking import find_strike, move_warnings, reprice

CARRIED: Final = Detection("own_initiative", automated_detection=False, automated_decision=False)
FELL: Final[tuple[RemovalStatus, ...]] = ("overturned", "waived")
"""What a person decided of a strike that isn't only its being taken back."""
MERGE: Final = Actor("rule", "merge")
"""Who issued what no person stands behind, as the new account has it."""


def carried_strikes(state: AccountState, at: datetime) -> tuple[CarriedStrike, ...]:
    """What of a record counts at an instant, in the order of issue."""
    told = {episode.id: episode.told_at for episode in state.episodes}
    return tuple(
        CarriedStrike(
            strike=act.strike,
            act=act.act,
            guideline=act.guideline,
            case=act.case,
            price=_carried(act.prices[-1].price),
            raised=_carried(act.prices[-1].raised),
            counts_as=act.counts_as,
            warning_first=act.warning_first,
            episode=act.episode,
            occurred_at=act.occurred_at,
            issued_at=act.issued_at,
            told_at=told.get(act.episode, act.issued_at),
            acts_to_raise=act.acts_to_raise,
            confirmed_by=None if act.confirmed_at is None else act.confirmed_by,
            targets=act.targets,
            past=_past(state, act),
        )
        for act in survivors(state.acts)
        if not is_over(act, at)
    )


def _past(state: AccountState, act: Act) -> CarriedPast:
    """Who had to do with an act, and how far it was appealed, so that both hold at the new account."""
    return CarriedPast(
        judges=act.judges,
        reports=tuple(
            CarriedReport(report.report, report.reporter, report.outcome, report.linked)
            for report in state.answered
            if report.subject == act.act
        ),
        case_kinds=act.case_kinds,
        appeal_days=act.appeal_days,
        appeal_until=act.appeal_until,
        worse_since=act.worse_since,
        appeal=act.appeal,
    )


def carry(draft: Draft, other: str, reason_ref: str | None) -> None:
    """At the former account: its record goes on at the other one."""
    strikes = carried_strikes(draft.state, draft.now)
    ids = tuple(strike.strike for strike in strikes)
    note_link(draft, other, reason_ref, linked=True)
    draft.note(MergeNoted(other, True, True, ids, draft.signal.actor, reason_ref, draft.now))
    _tell(draft, RecordCarried(other, draft.state.account, strikes, reason_ref))


def take_back(draft: Draft, reason_ref: str | None) -> None:
    """At the former account: it is somebody else's after all, and its record stays here."""
    into = draft.state.merged_into
    if into is not None:
        actor = draft.signal.actor
        draft.note(MergeNoted(into.account, True, False, into.strikes, actor, reason_ref, draft.now))
        _tell(draft, RecordCarried(into.account, draft.state.account, (), reason_ref, carried=False))


def _tell(draft: Draft, body: RecordCarried) -> None:
    draft.send(account_entity(body.account), "record_carried", body)


def record_carried(draft: Draft, body: RecordCarried) -> None:
    """At the new account."""
    if not body.carried:
        _returned(draft, body)
        return
    note_link(draft, body.other, body.reason_ref, linked=True)
    taken = []
    for strike in body.strikes:
        if room_for_act(draft.state, draft.now):
            _issue(draft, body, strike)
            taken.append(strike.strike)
    actor = draft.signal.actor
    draft.note(MergeNoted(body.other, False, True, tuple(taken), actor, body.reason_ref, draft.now))
    move_warnings(draft, actor)
    if len(taken) < len(body.strikes):
        summary = f"of {len(body.strikes)} strikes of account `{body.other}` only {len(taken)} have room here"
        draft.add_to_case(f"{LINK}{body.other}", "link", summary)
    into = draft.state.merged_into
    if into is not None:
        summary = f"a record was carried over to this account, whose own goes on at account `{into.account}`"
        draft.add_to_case(f"{LINK}{body.other}", "link", summary)


def _issue(draft: Draft, body: RecordCarried, carried: CarriedStrike) -> None:
    """On record as it was, since when it was; as in an import, nothing is imposed by that."""
    price = _price(carried.price)
    facts = "carried over from the person's former account"
    draft.note(
        StrikeIssued(
            strike=carried_strike(draft.state.account, carried.strike),
            act=_act(body.other, carried.act),
            post=None,
            revision=None,
            guideline=carried.guideline,
            case=carried.case,
            severity=price.severity,
            price=price,
            raised=_price(carried.raised),
            counts_as=carried.counts_as,
            warning_first=carried.warning_first,
            episode=carried.episode,
            episode_opened=all(episode.id != carried.episode for episode in draft.state.episodes),
            occurred_at=carried.occurred_at,
            effective_at=carried.issued_at,
            expires_at=None if price.days is None else carried.issued_at + timedelta(days=price.days),
            told_by=carried.told_at,
            actor=MERGE if carried.confirmed_by is None else Actor("person", carried.confirmed_by),
            confirmed=carried.confirmed_by is not None,
            evidence=None,
            notice=notice_of(draft, carried.guideline, facts, CARRIED, reason_ref=body.reason_ref),
            policy_version=draft.policy.version,
            pricing_version=draft.policy.version,
            acts_to_raise=carried.acts_to_raise,
            imported=True,
            targets=carried.targets,
            past=carried.past,
        )
    )


def _returned(draft: Draft, body: RecordCarried) -> None:
    """What came from the former account doesn't count here any more; it is told what became of it."""
    if body.other not in draft.state.merged_from:
        return
    appealed = {strike for appeal in draft.state.appeals for strike in appeal.strikes}
    strikes = tuple(
        ReturnedStrike(act.strike, act.status, act.guideline, act.case, act.severity, act.strike in appealed)
        for act in draft.state.acts
        if _came_from(act, body.other)
    )
    back = RecordReturned(body.other, draft.state.account, strikes, body.reason_ref)
    draft.send(account_entity(body.other), "record_returned", back)
    came = [act for act in survivors(draft.state.acts) if _came_from(act, body.other)]
    actor = draft.signal.actor
    ids = tuple(act.strike for act in came)
    draft.note(MergeNoted(body.other, False, False, ids, actor, body.reason_ref, draft.now))
    fall(draft, came, "withdrawn", body.reason_ref)
    note_link(draft, body.other, body.reason_ref, linked=False)
    into = draft.state.merged_into
    if into is not None:
        summary = f"what account `{body.other}` took back from here had gone on to account `{into.account}`"
        draft.add_to_case(f"{LINK}{into.account}", "link", summary)


def record_returned(draft: Draft, body: RecordReturned) -> None:
    """At the former account: what fell, or was reduced, where the record had been does so here.

    What was made worse there, or confirmed, is for a person to find here as well.
    """
    there = {strike.strike: strike for strike in body.strikes}
    acts = [
        (act, there[name])
        for act in survivors(draft.state.acts)
        if (name := carried_strike(body.other, act.strike)) in there
    ]
    for status in FELL:
        fallen = [act for act, was in acts if was.status == status]
        if fallen:
            take_off(draft, fallen, status, body.reason_ref)
    reduced = [(act, was) for act, was in acts if was.status not in FELL and was.severity < act.severity]
    for act, was in reduced:
        pricing = draft.context.policies[act.prices[0].policy]
        latest = find_strike(draft.state, act.strike) or act
        reprice(draft, latest, "reduced", was.guideline, was.case, was.severity, pricing)
    if reduced:
        refold(draft, draft.signal.actor, body.reason_ref)
    if draft.state.merged_into is not None:
        summary = f"what was decided at account `{body.other}` came after the record had gone on once more"
        draft.add_to_case(f"{LINK}{body.other}", "link", summary)
    for act, was in acts:
        if was.appealed and was.status not in FELL:
            summary = f"an appeal about it was open at account `{body.other}` when it came back from there"
            draft.add_to_case(act.act, "strike", summary, strike=act.strike)


def _came_from(act: Act, former: str) -> bool:
    return act.imported and act.act.startswith(_act(former, ""))


def _act(former: str, act: str) -> str:
    """What an act of the former account is called at the new one."""
    return f"carried:{former}:{act}"


def _carried(price: Price) -> CarriedPrice:
    return CarriedPrice(price.severity, price.points, price.days)


def _price(price: CarriedPrice) -> Price:
    return Price(price.severity, price.points, price.days)
