"""Applying a signal to an entity: decide, fold, summarise.

And make the ledger entry with its place in the chain.

Shared by the worker, by replay and by dry runs, so that all three come to the same bytes.
"""

from __future__ import annotations

import traceback
from typing import Any, Final

import msgspec

from events.catalogue import RECORD_BYTES_MAX
from events.codec import encode
from events.ids import derived_id, digest
from events.ledger import CaseOpened, CaseUpdated, Entry, Failed, Standing
from events.signals import PostScreened, Signal, Tick
from services.enforcement.decider import Context, Decider, Decision
from services.enforcement.state import AccountState, encode_state

ENTRY_BYTES_MAX: Final = RECORD_BYTES_MAX - 64 * 1024
"""Largest entry that is written, with room for the record's overhead and the outcomes' own topics."""
STATE_BYTES_MAX: Final = RECORD_BYTES_MAX - 64 * 1024


class Applied(msgspec.Struct, frozen=True, gc=False):
    """A signal once applied. `head` is the hash of `data`.

    Which the next entry of the partition names as `previous`.
    """

    entry: Entry
    data: bytes
    head: str
    state: Any
    state_data: bytes


def decide_or_fail(decider: Decider[Any], state: Any, signal: Signal, context: Context) -> Decision:
    """What the decider says; where it raises, the failure itself, with a case that keeps the signal."""
    try:
        return decider.decide(state, signal, context)
    except Exception as error:  # noqa: BLE001  # a fault of ours becomes an outcome, and a case for a person
        return failed(state, signal, context, describe(error))


def describe(error: Exception) -> str:
    """The kind of an error and the function that raised it; never its message, which could hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    where = frames[-1].name if frames else "?"
    return f"{type(error).__name__} in {where}"


def failed(state: Any, signal: Signal, context: Context, error: str) -> Decision:
    """The outcome of a signal that could not be decided."""
    now = context.now
    case = derived_id(state.entity, signal.id, "case:failed")
    at_tick = isinstance(signal.body, Tick)
    return Decision(
        (
            Failed(error, case, now, at_tick),
            CaseOpened(case, f"failed:{signal.id}", "failed", True, f"could not be decided: {error}", now),
            CaseUpdated(case, 1, now, failed_signal=signal),
        )
    )


def apply(
    decider: Decider[Any], state: Any, signal: Signal, context: Context, previous: str
) -> Applied | None:
    """Apply one signal; None where it is a duplicate or has no effect, which leaves no entry."""
    decision = decide_or_fail(decider, state, signal, context)
    if not decision.outcomes and not decision.signals:
        return None
    applied = _entered(decider, state, signal, context, previous, decision)
    if len(applied.data) <= ENTRY_BYTES_MAX and len(applied.state_data) <= STATE_BYTES_MAX:
        return applied
    return _entered(
        decider, state, signal, context, previous, failed(state, signal, context, "too large to record")
    )


def _entered(
    decider: Decider[Any], state: Any, signal: Signal, context: Context, previous: str, decision: Decision
) -> Applied:
    sequence = state.sequence + 1
    for outcome in decision.outcomes:
        state = decider.evolve(state, outcome)
    state = decider.applied(state, signal, sequence)
    entry = make_entry(decider, state, signal, context, previous, decision, sequence)
    data = encode(entry)
    return Applied(entry, data, digest(data), state, encode_state(state))


def make_entry(
    decider: Decider[Any],
    state: AccountState,
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
