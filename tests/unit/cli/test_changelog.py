"""What is written to a changelog that differs from its ledger, and in which transactions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.commands import changelog
from services.commands.changelog import Plan, compare, transactions
from services.enforcement.partition import Guard
from services.replay.chain import Head
from services.replay.rebuild import Rebuilt
from services.runtime import guard
from services.runtime.faults import Refused
from tests.support.signals import day

KEY = guard.key(0)
PART = Guard(now=day(1), policy="p", policy_sequence=3, entries=2, head="h")
BEGUN = msgspec.structs.replace(PART, now=day(2), cursor=9)
MADE = Rebuilt({"account:ann": b"1", "account:bob": b"2"}, PART, BEGUN, Head(2, "h"))


def encoded(part: Guard, offset: int = 9) -> bytes:
    """A guard as the engine writes it."""
    return guard.encode({"signals": offset}, {}, msgspec.json.encode(part), held=2)


WHOLE = {b"account:ann": b"1", b"account:bob": b"2", KEY: encoded(PART)}


def held(live: dict[bytes, bytes], made: Rebuilt = MADE, committed: int | None = 9) -> Plan:
    """A live changelog, compared."""
    return compare(0, made, live, committed, {})


def test_what_is_there_already_is_not_written_again() -> None:
    """A guard that was written just after its tick began is as good."""
    for live in (WHOLE, {**WHOLE, KEY: encoded(BEGUN)}):
        plan = held(live)
        assert (plan.differences, plan.changes) == ((), {})
        assert plan.guard == live[KEY]


def test_each_difference_is_named_by_key_in_their_order() -> None:
    """Missing ones are written, others replaced, and strangers erased."""
    plan = held({b"account:bob": b"x", b"account:zoe": b"3", KEY: b"{"})
    assert [(one.key, one.what) for one in plan.differences] == [
        ("account:ann", "missing"),
        ("account:bob", "changed"),
        ("account:zoe", "foreign"),
        ("partition:0", "changed"),
    ]
    assert plan.changes == {**WHOLE, b"account:zoe": None}
    assert [str(one) for one in plan.differences[::2]] == [
        "`account:ann` is missing",
        "`account:zoe` follows from nothing in the ledger",
    ]


def test_of_a_partition_that_was_never_read_everything_is_erased() -> None:
    """Its guard too."""
    plan = held({**WHOLE, KEY: b"{"}, Rebuilt({}, None, None, Head(0, "genesis")), None)
    assert plan.changes == dict.fromkeys(WHOLE)
    assert plan.guard is None


@pytest.mark.parametrize("part", [Guard(entries=3, head="later"), Guard(entries=2, head="other")])
def test_a_guard_that_knows_of_other_entries_is_believed(part: Guard) -> None:
    """The ledger has lost some, and what is made from it would be less than there was."""
    with pytest.raises(Refused, match=r"the ledger has 2 with another end.*restore the ledger"):
        held({**WHOLE, KEY: encoded(part)})


def test_a_guard_that_agrees_but_for_the_offset_raises_doubt() -> None:
    """The offset may have been moved by hand. One that knows fewer entries is just old."""
    assert "says offset 5, the group has committed 9" in held({**WHOLE, KEY: encoded(PART, 5)}).doubt
    assert held({**WHOLE, KEY: encoded(Guard(entries=1, head="g"), 5)}).doubt == ""
    assert held(WHOLE).doubt == ""


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(1, 5), st.integers(1, 30), st.booleans())
def test_whatever_is_interrupted_there_is_no_guard_before_all_is_written(
    count: int, records_max: int, bytes_max: int, changed: bool
) -> None:
    """Where one transaction holds everything, it is one; else the guard is erased first and written last."""
    changes: dict[bytes, bytes | None] = {b"k%02d" % n: b"v" * n for n in range(count)}
    if changed:
        changes[KEY] = b"new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changelog, "TRANSACTION_RECORDS_MAX", records_max)
        patch.setattr(changelog, "TRANSACTION_BYTES_MAX", bytes_max)
        parts = [list(part) for part in transactions(changes, KEY, b"new")]
    left: dict[Any, Any] = {KEY: b"old"}
    for number, part in enumerate(parts):
        left |= dict(part)
        last = number == len(parts) - 1
        assert left[KEY] == (None if not last else b"new" if changed or len(parts) > 1 else b"old")
        states = [one for one in part if one[0] != KEY]
        assert len(states) <= records_max
        assert len(states) <= 1 or sum(len(k) + len(v or b"") for k, v in states) <= bytes_max
    assert {key: value for key, value in left.items() if key != KEY} == {
        key: value for key, value in changes.items() if key != KEY
    }
