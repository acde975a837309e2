"""Windowed rates: what they tell, and that they forget."""

from __future__ import annotations

from collections import Counter
from datetime import date

import faust
import pytest

from services.pulse.app import BEHIND_S_MAX, FEED_ITEMS_MAX, Watched
from services.pulse.rates import EXPIRES_S, SECONDS_SHOWN, SETTLE_S, Rates
from services.pulse.seen import LABELS_MAX
from tests.unit.pulse.test_seen import entry

NOW = 1_000_000.0


@pytest.fixture
def app() -> faust.App:
    """An app that never starts."""
    return faust.App("pulse-test", broker="kafka://127.0.0.1:1", autodiscover=False)


def test_each_second_and_the_minute_are_told(app: faust.App) -> None:
    """Of what is over: the newest seconds may still come in."""
    rates = Rates(app)
    for second in range(200):
        rates.add(("posts", ""), NOW - 200 + second, 3)
    (rate,) = rates.told(NOW)
    assert rate.seconds == (3,) * SECONDS_SHOWN
    assert rate.minute == 3 * 60
    rates.add(("posts", ""), NOW, 100)
    assert max(next(rates.told(NOW)).seconds) == 3
    assert next(rates.told(NOW + SETTLE_S)).seconds[-1] == 100


def test_a_rate_falls_to_nothing_and_stays_listed(app: faust.App) -> None:
    """Nobody wonders whether it was ever there."""
    rates = Rates(app)
    rates.add(("strikes", "no-spam"), NOW)
    (rate,) = rates.told(NOW + 600)
    assert (sum(rate.seconds), rate.minute, rate.label) == (0, 0, "no-spam")


async def test_windows_that_are_over_are_forgotten(app: faust.App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by what is counted, not by how long."""
    rates = Rates(app)
    for second in range(0, 5_000, 10):
        rates.add(("posts", ""), NOW + second)
    monkeypatch.setattr("time.time", lambda: NOW + 5_000)
    for table in rates.tables:
        await table._del_old_keys()
        assert len(table.data) <= (EXPIRES_S + 180) / 5
        assert sum(map(len, table._partition_timestamp_keys.values())) == len(table.data)


def test_labels_are_bounded(app: faust.App) -> None:
    """A foreign writer can't make more."""
    rates = Rates(app)
    for number in range(2 * LABELS_MAX):
        rates.add(("dead_letters", f"reason-{number}"), NOW)
    assert len(list(rates.told(NOW))) == LABELS_MAX


def test_what_is_late_is_let_go_of_and_counted(app: faust.App) -> None:
    """A rate is about now."""
    watched = Watched(app)
    watched.take("ledger", entry(findings=("no-spam",)), (), NOW - BEHIND_S_MAX - 1, NOW)
    assert (watched.late, watched.behind, watched.records) == (1, True, 0)
    watched.take("ledger", entry(findings=("no-spam",)), (), NOW - 1, NOW)
    assert (watched.late, watched.records) == (1, 1)
    assert watched.found == {(date(2026, 3, 1), "no-spam"): 1}
    watched.settle()
    rates = {(rate.name, rate.label): sum(rate.seconds) for rate in watched.rates.told(NOW + SETTLE_S)}
    assert rates == {("findings", "no-spam"): 1, ("signals", "post_screened"): 1}


def test_what_could_not_be_told_is_told_later_and_bounded(app: faust.App) -> None:
    """The newest lines stay, in order; findings add up."""
    watched = Watched(app)
    opened = [
        entry({"kind": "case_opened", "case": f"case-{number}", "case_kind": "report"}, findings=("privacy",))
        for number in range(FEED_ITEMS_MAX + 5)
    ]
    for data in opened[:10]:
        watched.take("ledger", data, (), NOW, NOW)
    items, found = watched.hand_over()
    assert (len(items), watched.feed, watched.found) == (10, type(watched.feed)(), Counter())
    for data in opened[10:]:
        watched.take("ledger", data, (), NOW, NOW)
    watched.take_back(items, found)
    assert [one.id for one in watched.feed] == [f"case-{n}" for n in range(5, FEED_ITEMS_MAX + 5)]
    assert watched.found == {(date(2026, 3, 1), "privacy"): FEED_ITEMS_MAX + 5}
