"""Dry runs: what would a signal lead to, for an account as its ledger has it? Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from events.codec import decode_entry
from events.ledger import Entry, Outcome, Standing
from events.policy import Policy
from events.signals import Signal
from services.enforcement.decider import Context, Decider
from services.enforcement.partition import DECIDERS
from services.replay.verify import fold


class DryRun(msgspec.Struct, frozen=True, gc=False):
    """What a signal would lead to: outcomes, signals to others, and the standing before and after."""

    outcomes: tuple[Outcome, ...]
    signals: tuple[Signal, ...]
    before: Standing
    after: Standing


def state_after(decider: Decider[Any], entity: str, entries: Iterable[Entry]) -> Any:
    """The entity's state, folded from its entries in order; those of others are left out."""
    state = decider.initial(entity)
    for entry in entries:
        if entry.entity == entity:
            state = fold(decider, state, entry)
    return state


def dry_run(
    decider: Decider[Any],
    entries: Iterable[Entry],
    signal: Signal,
    policies: Mapping[str, Policy],
    policy_version: str,
    now: datetime,
) -> DryRun:
    """Decide `signal` at `now` under a policy, over the entity's entries so far.

    Raises:
        KeyError: `policies` lacks a version that is needed.
    """
    state = state_after(decider, signal.entity, entries)
    policy = policies[policy_version]
    context = Context(now=now, policy=policy, policies=policies)
    decision = decider.decide(state, signal, context)
    after = state
    for outcome in decision.outcomes:
        after = decider.evolve(after, outcome)
    return DryRun(
        decision.outcomes,
        decision.signals,
        decider.standing(state, now, context.policy),
        decider.standing(after, now, context.policy),
    )


def dry_run_of(
    data: Iterable[bytes],
    signal: Signal,
    policies: Mapping[str, Policy],
    policy_version: str,
    now: datetime,
) -> DryRun:
    """As `dry_run`, over the bytes of the entity's entries, by the decider for what kind of entity it is."""
    decider = DECIDERS[signal.entity.partition(":")[0]]
    return dry_run(decider, map(decode_entry, data), signal, policies, policy_version, now)
