"""A dry run says what would happen, and it does."""

from __future__ import annotations

import pytest

from events.codec import decode_entry
from services.enforcement.account import ACCOUNT
from services.replay.dry_run import dry_run, state_after
from tests.support.ledgers import small_world
from tests.support.signals import decided, decision_signal, finding, post_signal, posted
from tests.support.world import World


@pytest.fixture
def world() -> World:
    """A world with a dozen entries of one account."""
    return small_world()


def test_the_state_comes_from_the_entries_alone(world: World) -> None:
    """Folding an account's entries gives the state that enforcement holds."""
    entries = [decode_entry(data) for data in world.ledger]
    assert state_after(ACCOUNT, "account:ann", entries) == world.states["account:ann"]


def test_what_a_dry_run_says_is_what_happens(world: World) -> None:
    """The same signal, applied afterwards, leaves the same outcomes and the same standing."""
    assert world.now is not None
    found = finding("keep-it-clean", "s3", 3)
    signal = post_signal("ann", posted("ann", "p9", found), world.now, policy_version=world.policy.version)
    entries = [decode_entry(data) for data in world.ledger]
    said = dry_run(ACCOUNT, entries, signal, world.policies, world.policy.version, world.now)
    assert said.before == world.view.standing("ann")
    (entry,) = world.send(signal)
    assert (said.outcomes, said.signals, said.after) == (entry.outcomes, entry.emitted, entry.standing)


def test_a_dry_run_leaves_other_accounts_out(world: World) -> None:
    """Of somebody without entries nothing is known, whoever else is in the ledger."""
    assert world.now is not None
    entries = [decode_entry(data) for data in world.ledger]
    body = decided("bob", "note", "account", "", 0)
    signal = decision_signal("bob", body, world.now, "note", policy_version=world.policy.version)
    said = dry_run(ACCOUNT, entries, signal, world.policies, world.policy.version, world.now)
    assert said.before.total_strikes == 0
    assert len(said.outcomes) == 1
