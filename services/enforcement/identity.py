"""The identity: the entity of one key that accounts can have in common, such as an e-mail address.

It is named by the key's digest and knows nothing else of it. It remembers which accounts were seen with the
key, and says of each two of them, to the smaller one, that they have it in common; what that adds up to is
worked out there. A key that too many have (a network of an office, a company's card) says nothing: it takes
all that it said back, forgets who they were, and stays silent for as long as keys are remembered. So an
identity is small, and what it sends is bounded, whatever is behind it.

A termination bars the account's keys. A bar is told to every account that is seen with the key, and stays
when accounts are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from events.ids import account_entity
from events.ledger import (
    BarNoted,
    CaseClosed,
    CaseOpened,
    CaseResult,
    CaseUpdated,
    KeyDropped,
    KeyHeld,
    Outcome,
    RefusalCode,
    Refused,
    Standing,
)
from events.policy import KeyRules, Policy
from events.signals import BarMet, Body, Decided, Key, KeyBarred, KeyShared, NameMet, PairShared, Signal, Tick
from services.enforcement.decider import Context, Decision, caused
from services.enforcement.evolve import cases
from services.enforcement.kept import Kept
from services.enforcement.seen import Seen, was_seen, with_seen
from services.enforcement.standing import NO_STANDING
from services.enforcement.state import Case, ClosedCase, check_schema

IDENTITY_SCHEMA: Final = 1
BARS_MAX: Final = 5
"""Terminations whose bar an identity remembers; the oldest goes."""
ANSWERS: Final[dict[str, CaseResult]] = {"redecide": "redecided", "dismiss": "dismissed"}
"""What a person may decide about an identity: only a fault of ours asks for it."""
STAFF_MAX: Final = 5
"""Staff accounts for which a name is kept."""
NOTHING: Final = Decision(())
UNKNOWN_KEY: Final = KeyRules(weight=0, group="none", bars=False)
"""Kinds of keys that the policy doesn't name say nothing."""


class Holder(Kept, frozen=True):
    """An account that was seen with the key, and when last. `form`: how it writes its name."""

    account: str
    at: datetime
    form: str = ""


class Bar(Kept, frozen=True):
    """A termination that barred the key. `account` is empty once that was erased."""

    bar: str
    account: str
    since: datetime


class IdentityState(Kept, frozen=True):
    """Everything about one key. `holders` are as many as the policy lets have it, 15 at most."""

    entity: str
    schema: int = IDENTITY_SCHEMA
    sequence: int = 0
    version: int = 0
    holders: tuple[Holder, ...] = ()
    staff: tuple[str, ...] = ()
    """Staff accounts whose name it is."""
    saturated_until: datetime | None = None
    bars: tuple[Bar, ...] = ()
    cases: tuple[Case, ...] = ()
    """Only what could not be decided, for a fault of ours."""
    closed_cases: tuple[ClosedCase, ...] = ()
    stuck: str | None = None
    seen: tuple[Seen, ...] = ()


_decoder: Final = msgspec.msgpack.Decoder(IdentityState)


class IdentityDecider:
    """The decider of identities."""

    prefix = "identity"
    version = "identity/2"

    def initial(self, entity: str) -> IdentityState:
        """A key that nobody was seen with."""
        return IdentityState(entity)

    def decode(self, data: bytes) -> IdentityState:
        """A state from the changelog. Raises `ValueError` for a schema that this build doesn't know."""
        state = _decoder.decode(data)
        check_schema(state.schema, IDENTITY_SCHEMA)
        return state

    def decide(self, state: IdentityState, signal: Signal, context: Context) -> Decision:
        """What follows from a signal."""
        if was_seen(state.seen, signal.id):
            return NOTHING
        if isinstance(signal.body, Decided):
            return _decided(state, signal, signal.body, context)
        return _known(state, signal, context)

    def evolve(self, state: IdentityState, outcome: Outcome) -> IdentityState:
        """The state after an outcome."""
        fold = _FOLDS.get(type(outcome))
        folded: IdentityState = state if fold is None else fold(state, outcome)
        return folded

    def applied(self, state: IdentityState, signal: Signal, sequence: int) -> IdentityState:
        """The state after the entry itself."""
        if type(signal.body) is Tick:
            return replace(state, sequence=sequence)
        return replace(state, sequence=sequence, seen=with_seen(state.seen, signal.id, signal.received_at))

    def deadlines(self, state: IdentityState) -> tuple[datetime, ...]:
        """Never: what has lapsed is seen when the key is next shared."""
        del state
        return ()

    def reschedules(self, before: IdentityState, after: IdentityState) -> bool:
        """Never."""
        del before, after
        return False

    def standing(self, state: IdentityState, now: datetime, policy: Policy) -> Standing:
        """An identity has none; only its questions are counted."""
        del now, policy
        return replace(NO_STANDING, version=state.version, open_cases=len(state.cases))


def _known(state: IdentityState, signal: Signal, context: Context) -> Decision:
    """What follows from what an account says of itself."""
    body = signal.body
    if isinstance(body, KeyShared):
        outcomes, bodies = _shared(state, body, context) if body.shared else _dropped(state, body, context)
    elif isinstance(body, KeyBarred):
        outcomes, bodies = _barred(state, body, context)
    else:
        return NOTHING
    return Decision(outcomes, tuple(_signals(signal, bodies, context)))


def _decided(state: IdentityState, signal: Signal, decision: Decided, context: Context) -> Decision:
    """A person answers the case about a fault: what failed is decided again, or left."""

    def refused(code: RefusalCode, message: str, remedy: str, version: int | None = None) -> Decision:
        return Decision((Refused(decision.decision, code, message, remedy, context.now, version),))

    case = next((one for one in state.cases if one.id == decision.target), None)
    if case is None:
        return refused("unknown_target", f"there is no open case `{decision.target}` here", "look it up")
    result = ANSWERS.get(decision.decision)
    if result is None:
        message = f"`{decision.decision}` can't be decided about an identity"
        return refused("not_allowed", message, "use `redecide` or `dismiss`", case.version)
    if decision.version != case.version:
        message = f"the decision saw version {decision.version} of the case, now at {case.version}"
        return refused("stale", message, "look at what changed, and decide again", case.version)
    outcomes: list[Outcome] = []
    signals: list[Signal] = []
    for failed in case.failed_signals if result == "redecided" else ():
        again = _known(state, failed, context)
        outcomes += again.outcomes
        signals += again.signals
        for outcome in again.outcomes:
            state = IDENTITY.evolve(state, outcome)
    outcomes.append(
        CaseClosed(case.id, case.version + 1, result, signal.actor, decision.reason_ref, context.now)
    )
    return Decision(tuple(outcomes), tuple(signals))


Made = tuple[tuple[Outcome, ...], list[Body]]
"""Outcomes, and what is told to accounts."""


def _shared(state: IdentityState, body: KeyShared, context: Context) -> Made:
    """An account is seen with the key."""
    now, key = context.now, body.key
    rules = context.policy.identity.keys.get(key.kind, UNKNOWN_KEY)
    names = _names(state, body)
    if body.staff:
        if body.account in state.staff:
            return (), []
        return (KeyHeld(body.account, key, True, now),), names
    if state.saturated_until is not None and now < state.saturated_until:
        return (), names
    since = now - timedelta(days=context.policy.identity.key_days)
    fresh = [one for one in state.holders if one.at > since]
    lapsed = tuple(one.account for one in state.holders if one.at <= since)
    others = [one for one in fresh if one.account != body.account]
    if len(others) >= rules.accounts_max:
        until = now + timedelta(days=context.policy.identity.key_days)
        taken_back = _pairs(combinations([one.account for one in state.holders], 2), key, shared=False)
        return (KeyHeld(body.account, key, False, now, lapsed, until),), [*taken_back, *names]
    gone = [(old, one.account) for old in lapsed for one in state.holders if one.account != old]
    bodies = _pairs(gone, key, shared=False)
    if len(others) == len(fresh):
        bodies += _pairs(((body.account, one.account) for one in others), key, shared=True)
    bodies += [_met(body.account, bar, key) for bar in state.bars if bar.account != body.account]
    return (KeyHeld(body.account, key, False, now, lapsed),), [*bodies, *names]


def _names(state: IdentityState, body: KeyShared) -> list[Body]:
    """Whom to tell that a name looks like another's.

    It is told to the later one of two members who write it differently, and to every member whose name is
    that of staff.
    """
    if body.key.kind != "name":
        return []
    if body.staff:
        return list[Body](NameMet(one.account, body.account, body.key, True) for one in state.holders)
    if state.staff:
        return [NameMet(body.account, state.staff[0], body.key, True)]
    if any(one.account == body.account and one.form == body.key.form for one in state.holders):
        return []
    alike = (one for one in state.holders if one.account != body.account and one.form != body.key.form)
    return list[Body](NameMet(body.account, one.account, body.key, False) for one in alike)[:1]


def _dropped(state: IdentityState, body: KeyShared, context: Context) -> Made:
    """An account is forgotten here; a bar of its stays, and names nobody."""
    known = any(one.account == body.account for one in state.holders) or body.account in state.staff
    if not known and all(bar.account != body.account for bar in state.bars):
        return (), []
    others = [one.account for one in state.holders if one.account != body.account]
    pairs = _pairs(((body.account, other) for other in others), body.key, shared=False) if known else []
    return (KeyDropped(body.account, context.now),), pairs


def _barred(state: IdentityState, body: KeyBarred, context: Context) -> Made:
    """The key is barred, or no longer: every account that was seen with it is told."""
    known = next((bar for bar in state.bars if bar.bar == body.bar), None)
    if body.barred == (known is not None):
        return (), []
    bar = known or Bar(body.bar, body.account, body.since)
    told = [
        replace(_met(one.account, bar, body.key), met=body.barred)
        for one in state.holders
        if one.account != body.account
    ]
    noted = BarNoted(body.account, body.bar, body.since, body.barred, context.now)
    return (noted,), list[Body](told)


def _met(account: str, bar: Bar, key: Key) -> BarMet:
    return BarMet(account, bar.bar, bar.account, key, bar.since)


def _pairs(pairs: Iterable[tuple[str, str]], key: Key, *, shared: bool) -> list[Body]:
    """What the smaller one of each two accounts is told."""
    ordered = sorted({(min(pair), max(pair)) for pair in pairs})
    return [PairShared(smaller, larger, key, shared) for smaller, larger in ordered]


def _signals(cause: Signal, bodies: list[Body], context: Context) -> Iterable[Signal]:
    for ordinal, body in enumerate(bodies):
        entity = account_entity(body.account)  # type: ignore[union-attr]  # all of them name one
        kind = str(type(body).__struct_config__.tag)
        yield caused(cause, entity, kind, ordinal, body, context.policy.version)


# --- the fold ----------------------------------------------------------------------------------------------


def _held(state: IdentityState, o: KeyHeld) -> IdentityState:
    if o.staff:
        others = tuple(one for one in state.staff if one != o.account)
        return replace(state, staff=(*others, o.account)[-STAFF_MAX:])
    if o.saturated_until is not None:
        return replace(state, holders=(), saturated_until=o.saturated_until)
    away = {*o.lapsed, o.account}
    kept = tuple(one for one in state.holders if one.account not in away)
    holder = Holder(o.account, o.effective_at, o.key.form)
    return replace(state, holders=(*kept, holder), saturated_until=None)


def _forgotten(state: IdentityState, o: KeyDropped) -> IdentityState:
    return replace(
        state,
        holders=tuple(one for one in state.holders if one.account != o.account),
        staff=tuple(one for one in state.staff if one != o.account),
        bars=tuple(replace(bar, account="") if bar.account == o.account else bar for bar in state.bars),
    )


def _bar_noted(state: IdentityState, o: BarNoted) -> IdentityState:
    bars = tuple(bar for bar in state.bars if bar.bar != o.bar)
    if o.barred:
        bars = (*bars, Bar(o.bar, o.account, o.since))[-BARS_MAX:]
    return replace(state, bars=bars)


_FOLDS: Final[dict[type, Any]] = {
    KeyHeld: _held,
    KeyDropped: _forgotten,
    BarNoted: _bar_noted,
    CaseOpened: cases.case_opened,
    CaseUpdated: cases.case_updated,
    CaseClosed: cases.case_closed,
}

IDENTITY: Final = IdentityDecider()
