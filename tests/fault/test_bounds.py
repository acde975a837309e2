"""Much of one thing: an account that is half of the load, and a million accounts in one partition's state."""

from __future__ import annotations

import resource
import time
from typing import Any

import pytest

from events.codec import encode
from events.signals import Signal
from services.enforcement.ledgering import ENTRY_BYTES_MAX, STATE_BYTES_MAX
from services.enforcement.partition import Partition
from services.enforcement.seen import SEEN_ID_DIGITS, SEEN_IDS_MAX
from services.enforcement.state import encode_state
from services.enforcement.worker import EnforcementCore
from services.runtime.restore import collector_off
from tests.support.policies import small_policy
from tests.support.signals import activation_signal, day, post_signal, posted, tick_signal
from tests.support.world import Input, as_record
from tests.unit.enforcement.desk import Desk, found

pytestmark = [pytest.mark.fault]

POLICY = small_policy()
HOT = "hot"
PER_DAY = 200
LEVELLED = 1_000
"""After so many posts of the hot account every collection but that of seen ids has reached its limit."""
HOT_STATE_BYTES_MAX = 512 * 1024
RESTORED_BYTES_MAX = 8 * 1024
RESTORED_S_MAX = 0.000_5
KIB = 1024


def signals(count: int) -> list[Signal]:
    """Posts in which something is found, every second one by the same account."""
    sent = [activation_signal(0, POLICY.version, 0, day(0))]
    for number in range(count):
        if number % PER_DAY == 0:
            sent.append(tick_signal(0, day(number / PER_DAY)))
        account = HOT if number % 2 else f"a{number}"
        body = posted(account, f"p{number}", found(1 + number % 3))
        sent.append(post_signal(account, body, day(number / PER_DAY), policy_version=POLICY.version))
    return sent


@pytest.mark.parametrize("count", [3_000, pytest.param(40_000, marks=pytest.mark.long)])
@pytest.mark.timeout(600)
def test_an_account_that_is_half_of_the_load_stays_within_its_bounds(count: int) -> None:
    """Its state levels off, but for the ids that it has seen, which have a limit too; entries stay small."""
    records: list[Any] = [
        as_record(Input("signals", 0, offset, 0, signal.entity.encode(), encode(signal)))
        for offset, signal in enumerate(signals(count))
    ]
    part, begin = Partition(0, "", {POLICY.version: POLICY}), 0
    sizes: list[int] = []
    largest = 0
    while begin < len(records):
        made = part.step(records[begin : begin + PER_DAY])
        begin = made.next_offset
        sizes.append(len(made.changes[f"account:{HOT}".encode()] or b""))
        largest = max(
            [largest, *(len(value or b"") for topic, _, value, _, _ in made.records if topic == "ledger")]
        )
    assert not part.struggling()
    assert max(sizes) < HOT_STATE_BYTES_MAX < STATE_BYTES_MAX
    assert largest < 64 * KIB < ENTRY_BYTES_MAX
    begin = LEVELLED // (PER_DAY // 2)
    grown = sizes[-1] - sizes[begin]
    assert grown <= SEEN_ID_DIGITS * min(SEEN_IDS_MAX, (len(sizes) - begin) * PER_DAY // 2) + KIB


@pytest.mark.parametrize("accounts", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
@pytest.mark.timeout(900)
def test_accounts_are_restored_within_bounds_of_time_and_memory(accounts: int) -> None:
    """Ordinary ones: registered, with one act that something was found in."""
    desk = Desk()
    desk.know(kind="person")
    desk.post("p1", found(1))
    one = encode_state(desk.state)
    name = b"\xabaccount:ann"
    assert one.count(name) == 1
    core = EnforcementCore(Partition(0, "", {POLICY.version: POLICY}))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with collector_off():
        for number in range(accounts):
            entity = b"account:u%07d" % number
            core.restore(entity, one.replace(name, bytes([0xA0 + len(entity)]) + entity))
    core.resume(None)
    spent = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) * KIB
    print(f"{accounts} accounts of {len(one)} bytes: {spent:.1f} s, {grown / 2**20:.0f} MiB")  # noqa: T201
    assert len(core.part.states) == accounts
    assert grown / accounts < RESTORED_BYTES_MAX
    assert spent / accounts < RESTORED_S_MAX
