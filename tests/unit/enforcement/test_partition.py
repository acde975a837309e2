"""One partition: chunks, batches, restarts and orders that must not show in a single byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import decode_entry, decode_signal, encode
from events.signals import Signal
from services.enforcement import partition as module
from services.enforcement.partition import Partition, Unreadable
from services.enforcement.state import AccountState, encode_state
from tests.model.histories import Play, from_seed
from tests.support.policies import small_policy
from tests.support.signals import (
    activation_signal,
    day,
    post_signal,
    posted,
    tick_signal,
)
from tests.support.world import Input, as_record
from tests.unit.enforcement.desk import found

POLICY = small_policy()
POLICIES = {POLICY.version: POLICY}
ACCOUNTS = 25


def record(offset: int, signal: Signal) -> Any:
    """A record of `signals`."""
    return as_record(Input("signals", 0, offset, 0, signal.entity.encode(), encode(signal)))


def post(account: str, number: int, at_day: float, severity: int = 2) -> Signal:
    """A post with one finding."""
    body = posted(account, f"{account}-{number}", found(severity))
    return post_signal(account, body, day(at_day), policy_version=POLICY.version)


def mailbox() -> list[Any]:
    """Many accounts with strikes of the same and of other days, and a tick at which all have what is due."""
    signals = [activation_signal(0, POLICY.version, 0, day(0)), tick_signal(0, day(0))]
    signals += [post(f"a{n:02}", 1, 0, 1 + n % 3) for n in range(ACCOUNTS)]
    signals += [tick_signal(0, day(3))]
    signals += [post(f"a{n:02}", 2, 3) for n in reversed(range(ACCOUNTS))]
    signals += [tick_signal(0, day(400)), post("a00", 3, 400), tick_signal(0, day(401))]
    return [record(offset, signal) for offset, signal in enumerate(signals)]


@dataclass
class Ran:
    """What a partition wrote, and where it stands."""

    ledger: list[bytes] = field(default_factory=list)
    states: dict[bytes, bytes | None] = field(default_factory=dict)
    guard: bytes = b""
    steps: int = 0

    def part(self) -> Partition:
        """A partition restored from what was committed."""
        part = Partition(0, "", POLICIES)
        for key, value in self.states.items():
            part.restore(key.decode(), value)
        part.resume(msgspec.json.decode(self.guard, type=module.Guard) if self.guard else None)
        return part


def run(records: Sequence[Any], sizes: Sequence[int] = (10_000,), *, restart: bool = False) -> Ran:
    """Feed records in batches of these sizes, over and over; `restart`: anew from the changelog each time."""
    ran, part, begin = Ran(), Partition(0, "", POLICIES), 0
    while begin < len(records):
        part = ran.part() if restart else part
        size = sizes[ran.steps % len(sizes)]
        made = part.step(records[begin : begin + size])
        ran.ledger += [value for topic, _, value, _, _ in made.records if topic == "ledger" and value]
        ran.states |= made.changes
        ran.guard = msgspec.json.encode(part.guard)
        ran.steps += 1
        begin = made.next_offset
    return ran


@pytest.mark.parametrize("chunk", [1, 2, 7, 24, 25, 26])
@pytest.mark.parametrize("restart", [False, True])
def test_a_tick_in_chunks_writes_what_it_writes_at_once(
    chunk: int, restart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of deadline and entity, even when the worker dies between two chunks."""
    whole = run(mailbox())
    monkeypatch.setattr(module, "BATCH_ENTRIES_MAX", chunk)
    chunked = run(mailbox(), restart=restart)
    assert chunked.ledger == whole.ledger
    assert (chunked.states, chunked.guard) == (whole.states, whole.guard)
    assert chunked.steps > whole.steps == 1


def test_what_is_due_fires_in_the_order_of_deadline_and_entity() -> None:
    """Each account leaves one entry, however much is due at it."""
    entries = [decode_entry(data) for data in run(mailbox()).ledger]
    fired = [
        e
        for e in entries
        if e.recorded_at == day(400) and e.cause.origin and e.cause.origin.topic == "control"
    ]
    first = [min(o.effective_at for o in entry.outcomes) for entry in fired]
    assert [(at, e.entity) for at, e in zip(first, fired, strict=True)] == sorted(
        (at, e.entity) for at, e in zip(first, fired, strict=True)
    )
    assert len({entry.entity for entry in fired}) == len(fired) == ACCOUNTS


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.booleans())
def test_batches_split_anywhere_leave_the_same_bytes(sizes: list[int], restart: bool) -> None:
    """Ledger, states and guard alike, with or without a restart at each split."""
    whole, split = run(mailbox()), run(mailbox(), sizes, restart=restart)
    assert (split.ledger, split.states, split.guard) == (whole.ledger, whole.states, whole.guard)


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_how_accounts_are_interleaved_changes_no_standing(dice: Any) -> None:
    """Positions in the partition differ, and nothing else."""
    records = mailbox()
    posts = records[2 : 2 + ACCOUNTS]
    dice.shuffle(posts)
    shuffled = [*records[:2], *posts, *records[2 + ACCOUNTS :]]
    renumbered = [Input(r.topic, 0, n, 0, r.key, r.value) for n, r in enumerate(shuffled)]
    assert run(renumbered).states == run(records).states


def test_a_second_copy_of_everything_leaves_nothing() -> None:
    """Later, and out of order: no entry, no change of any state."""
    records = mailbox()[: 3 + 2 * ACCOUNTS]
    again = [Input(r.topic, 0, len(records) + n, 0, r.key, r.value) for n, r in enumerate(reversed(records))]
    once, twice = run(records), run([*records, *again])
    assert (twice.ledger, twice.states) == (once.ledger, once.states)


def test_time_never_goes_back() -> None:
    """Not by an older tick, not from what was heard before the first one."""
    records = [
        record(n, signal)
        for n, signal in enumerate(
            [
                activation_signal(0, POLICY.version, 0, day(0)),
                post("ann", 1, 5),
                post("ann", 2, 4),
                tick_signal(0, day(3)),
                post("ann", 3, 3),
                tick_signal(0, day(6)),
                tick_signal(0, day(2)),
                post("ann", 4, 6),
            ]
        )
    ]
    times = [decode_entry(data).recorded_at for data in run(records).ledger]
    assert times == sorted(times)
    assert times[0] == times[2] == day(5)
    assert times[-1] == day(6)


def test_an_older_activation_is_ignored() -> None:
    """Sequences only rise, whatever order they come in."""
    other = small_policy(name="other")
    part = Partition(0, "", {**POLICIES, other.version: other})
    signals = [
        activation_signal(0, other.version, 7, day(0)),
        activation_signal(0, POLICY.version, 3, day(0)),
    ]
    part.step([record(n, signal) for n, signal in enumerate(signals)])
    assert (part.guard.policy, part.guard.policy_sequence) == (other.version, 7)


def test_a_tick_before_the_first_policy_only_moves_time() -> None:
    """What is due then is fired by the first tick after it."""
    signals = [
        tick_signal(0, day(0)),
        post("ann", 1, 0),
        tick_signal(0, day(200)),
        activation_signal(0, POLICY.version, 0, day(200)),
        tick_signal(0, day(201)),
    ]
    ran = run([record(n, signal) for n, signal in enumerate(signals)])
    assert [decode_entry(data).recorded_at for data in ran.ledger] == [day(0), day(201)]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"\xff\xfe",
        b'{"id":"\xff"}',
        b'{"a":' * 100_000,
        b"[]",
        encode(post("ann", 1, 0)).replace(b"account:ann", b"notice:x"),
        encode(post("ann", 1, 0)).replace(b'00Z","actor"', b'00","actor"'),
        encode(tick_signal(3, day(1))),
    ],
    ids=[
        "none",
        "empty",
        "cut",
        "not text",
        "bad text",
        "deep",
        "list",
        "stranger",
        "no zone",
        "other's tick",
    ],
)
def test_what_is_no_signal_for_this_partition_becomes_one_dead_letter(value: bytes | None) -> None:
    """With its bytes; its neighbours are untouched."""
    good = [record(0, post("ann", 1, 0)), record(2, post("bob", 1, 0))]
    key = named_in(value)
    made = Partition(0, "", POLICIES).step(
        [good[0], as_record(Input("signals", 0, 1, 0, key, value)), good[1]]
    )
    dead = [(key, data) for topic, key, data, _, _ in made.records if topic == "dead_letters"]
    assert dead == [(key, value)]
    assert (made.entries, made.next_offset) == (2, 3)


def named_in(value: bytes | None) -> bytes:
    """The key that a record of this signal should have; any where it is none."""
    try:
        return decode_signal(value or b"").entity.encode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b"k"


@pytest.mark.parametrize("key", [b"account:bob", b"ann", b"", None], ids=["another", "bare", "empty", "none"])
@pytest.mark.parametrize(
    "signal", [post("ann", 1, 0), tick_signal(0, day(1))], ids=["to an account", "to the partition"]
)
def test_a_signal_under_another_key_is_refused_by_name_and_changes_nothing(
    signal: Signal, key: bytes | None
) -> None:
    """Its key chose the partition: its entity's state may be elsewhere, so it is never applied here."""
    part = Partition(0, "", POLICIES)
    made = part.step([as_record(Input("signals", 0, 0, 0, key, encode(signal)))])
    [(topic, sent_key, data, _, headers)] = made.records
    assert (topic, sent_key, data) == ("dead_letters", key, encode(signal))
    assert dict(headers)["gs-reason-code"] == b"key_mismatch"
    assert (made.entries, made.dead, made.next_offset) == (0, 1, 1)
    assert not part.states
    assert part.guard.now is None


HASHED = """
import sys
from events.ids import digest
from tests.model.histories import Play, from_seed
play = Play()
play.run(from_seed(int(sys.argv[1]), 40))
print(digest(b"".join(play.world.ledger)))
"""


@pytest.mark.parametrize("seed", [3, 4])
def test_the_order_of_hashes_shows_in_no_byte(seed: int) -> None:
    """The same history under other hash seeds leaves the same ledger."""
    said = {
        subprocess.run(
            [sys.executable, "-c", HASHED, str(seed)],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(p for p in sys.path if p) + ":."},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "4242")
    }
    assert len(said) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_live_state_is_the_one_that_comes_back_from_changelog_or_ledger(seed: int) -> None:
    """Byte for byte, what was seen included; so a restart schedules what the live worker had scheduled."""
    play = Play()
    play.run(from_seed(seed, 60))
    live = play.world.part
    restored = Partition(0, "", play.world.policies)
    rebuilt: dict[str, Any] = {}
    for data in play.world.ledger:
        entry = decode_entry(data)
        decider = module.DECIDERS[entry.entity.partition(":")[0]]
        state = rebuilt.get(entry.entity) or decider.initial(entry.entity)
        for outcome in entry.outcomes:
            state = decider.evolve(state, outcome)
        rebuilt[entry.entity] = decider.applied(state, entry.cause, entry.sequence)
    assert {e: encode_state(s) for e, s in rebuilt.items()} == {
        e: encode_state(s) for e, s in live.states.items()
    }
    for entity, state in live.states.items():
        restored.restore(entity, encode_state(state))
    restored.resume(None)
    assert restored.states == live.states
    assert restored._scheduled == live._scheduled


def test_a_state_that_cant_be_read_stops_the_partition_unless_a_later_one_follows() -> None:
    """What a changelog was rebuilt for is still in it, before what it was rebuilt to."""
    good = run(mailbox()).states
    for bad in (b"\x00", b"\xc1", encode_state(AccountState("account:a00", schema=99))):
        part = Partition(4, "", POLICIES)
        for key, value in good.items():
            part.restore(key.decode(), bad)
            part.restore(key.decode(), value)
        part.restore("account:zoe", bad)
        part.restore("account:zoe", None)
        part.resume(None)
        assert {entity.encode(): encode_state(state) for entity, state in part.states.items()} == good
        part.restore("account:a01", bad)
        with pytest.raises(Unreadable, match=r"`account:a01`.*`goodstanding state rebuild --partition 4`"):
            part.resume(None)
