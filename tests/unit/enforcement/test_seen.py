"""What was applied is remembered for as long as a second copy may come, and no longer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from events.ids import derived_id
from services.enforcement import seen as module
from services.enforcement.seen import SEEN_DAYS, Seen, was_seen, with_seen
from tests.support.signals import day


def name(number: int) -> str:
    """A signal's id."""
    return derived_id("account:ann", str(number), "signal")


@given(st.lists(st.integers(0, SEEN_DAYS - 1), max_size=40))
def test_whatever_order_days_come_in_all_within_the_horizon_are_known(days: list[int]) -> None:
    """Signals from other topics may be older than the last one."""
    seen: tuple[Seen, ...] = ()
    for number, received in enumerate(days):
        assert not was_seen(seen, name(number))
        seen = with_seen(seen, name(number), day(received))
    assert all(was_seen(seen, name(number)) for number in range(len(days)))
    assert len({item.day for item in seen}) == len(seen)


def test_what_is_past_the_horizon_is_forgotten() -> None:
    """At the first signal after it."""
    seen = with_seen((), name(1), day(0))
    assert was_seen(with_seen(seen, name(2), day(SEEN_DAYS - 1)), name(1))
    assert not was_seen(with_seen(seen, name(2), day(SEEN_DAYS)), name(1))


def test_beyond_the_limit_the_oldest_is_forgotten_first(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """However busy an account is, its state stays bounded."""
    monkeypatch.setattr(module, "SEEN_IDS_MAX", 5)
    seen: tuple[Seen, ...] = ()
    for number in range(8):
        seen = with_seen(seen, name(number), day(number // 3))
    assert [was_seen(seen, name(number)) for number in range(8)] == [False] * 3 + [True] * 5


def test_an_id_that_only_overlaps_two_others_is_not_known() -> None:
    """Ids are compared whole."""
    first, second = "a" * 16, "b" * 16
    seen = with_seen(with_seen((), first, day(0)), second, day(0))
    assert not was_seen(seen, "a" * 8 + "b" * 8)
    assert was_seen(seen, second)
