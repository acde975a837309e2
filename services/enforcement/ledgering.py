"""Applying a signal to an entity: decide, fold, summarise, and make the entry in its place in the chain.

Shared by the worker, by replay and by dry runs, so that all three come to the same bytes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from events.catalogue import RECORD_BYTES_MAX
from events.codec import encode
from events.ids import derived_id, digest
from events.ledger import CaseOpened, CaseUpdated, Entry, Failed, Standing
from events.signals import Decided, PostScreened, Signal, Tick
from services.enforcement.decider import Context, Decider, Decision
from services.enforcement.state import CASE_FAILED_SIGNALS_MAX, encode_state

ENTRY_BYTES_MAX: Final = RECORD_BYTES_MAX - 64 * 1024
"""Largest entry that is written, with room for the record's overhead and the outcomes' own topics."""
STATE_BYTES_MAX: Final = RECORD_BYTES_MAX - 64 * 1024
"""Largest state that is written; the rest is for saying that nothing more fits."""


class Applied(msgspec.Struct, frozen=True, gc=False):
    """A signal once applied. `head` is the hash of `data`, which the next entry names as `previous`."""

    entry: Entry
    data: bytes
    head: str
    state: Any
    state_data: bytes


def describe(error: Exception) -> str:
    """The kind of an error and the function that raised it; never its message, which could hold anything."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "?" if at is None else at.tb_frame.f_code.co_name
    return f"{type(error).__name__} in {where}"


def failed(state: Any, signal: Signal, context: Context, error: str, *, keep: bool) -> Decision:
    """The outcome of a signal that could not be decided, in the entity's one case about faults.

    Unless the case is full, it holds the signal (`keep`), to be decided again. A fault in deciding again adds
    no signal: the case stays open.
    """
    now, body = context.now, signal.body
    case = next((c for c in state.cases if c.kind == "failed"), None)
    at_tick = isinstance(body, Tick)
    if case is None:
        case_id = derived_id(state.entity, signal.id, "case:failed")
        opened = CaseOpened(
            case_id,
            f"failed:{state.entity.partition(':')[2]}",
            "failed",
            True,
            f"could not be decided: {error}",
            now,
        )
        update = CaseUpdated(case_id, 1, now, failed_signal=signal if keep else None)
        return Decision((Failed(error, case_id, now, at_tick), opened, update))
    again = isinstance(body, Decided) and body.decision == "redecide" and body.target == case.id
    room = keep and not again and len(case.failed_signals) < CASE_FAILED_SIGNALS_MAX
    update = CaseUpdated(case.id, case.version + 1, now, failed_signal=signal if room else None)
    return Decision((Failed(error, case.id, now, at_tick), update))


def apply(
    decider: Decider[Any], state: Any, signal: Signal, context: Context, previous: str
) -> Applied | None:
    """Apply one signal; None where it is a duplicate or has no effect, which leaves no entry.

    Where deciding it raises, or comes to more than can be recorded, the entry says just that.
    """
    try:
        decision = decider.decide(state, signal, context)
        if not decision.outcomes and not decision.signals:
            return None
        applied = _entered(decider, state, signal, context, previous, decision)
    except Exception as error:  # noqa: BLE001  # a fault of ours becomes an outcome, and a case for a person
        fault = describe(error)
    else:
        if _fits(applied):
            return applied
        fault = "too large to record"
    kept = failed(state, signal, context, fault, keep=True)
    applied = _entered(decider, state, signal, context, previous, kept)
    if _fits(applied):
        return applied
    bare = failed(state, signal, context, fault, keep=False)
    return _entered(decider, state, signal, context, previous, bare)


def _fits(applied: Applied) -> bool:
    return len(applied.data) <= ENTRY_BYTES_MAX and len(applied.state_data) <= STATE_BYTES_MAX


def _entered(
    decider: Decider[Any], state: Any, signal: Signal, context: Context, previous: str, decision: Decision
) -> Applied:
    sequence = state.sequence + 1
    if decision.state is None:
        for outcome in decision.outcomes:
            state = decider.evolve(state, outcome)
    else:
        state = decision.state
    state = decider.applied(state, signal, sequence)
    entry = make_entry(decider, state, signal, context, previous, decision, sequence)
    data = encode(entry)
    return Applied(entry, data, digest(data), state, encode_state(state))


def make_entry(
    decider: Decider[Any],
    state: Any,
    signal: Signal,
    context: Context,
    previous: str,
    decision: Decision,
    sequence: int,
) -> Entry:
    """The ledger entry of a decision; `state` is the one after it."""
    body = signal.body
    standing: Standing = decider.standing(state, context.now, context.policy)
    return Entry(
        entity=state.entity,
        sequence=sequence,
        recorded_at=context.now,
        cause=signal,
        policy_version=context.policy.version,
        rules_digest=body.rules_digest if isinstance(body, PostScreened) else "",
        decider_version=decider.version,
        outcomes=decision.outcomes,
        emitted=decision.signals,
        standing=standing,
        previous=previous,
    )
