"""The overview and the what-if page in a real browser."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from services.pulse.days import Days, add_found
from tests.browser import community
from tests.browser.conftest import OpenPage, in_a_thread
from tests.browser.stage import Served
from tests.browser.test_accessibility import AT_400, violations
from tests.support.projecting import connected
from tests.support.signals import day

pytestmark = pytest.mark.kafka

TEXT = (Path(__file__).parents[2] / "policies" / "community.yaml").read_text()
DEARER = TEXT.replace("s1: {points: 1,", "s1: {points: 2,")
RATES = (
    "INSERT INTO desk.pulse_rates VALUES ('strikes', 'no-spam', array_fill($1::bigint, ARRAY[60]), $1 * 60) "
    "ON CONFLICT (name, label) DO UPDATE SET seconds = excluded.seconds, minute = excluded.minute"
)
STATE = (
    "INSERT INTO desk.pulse_state VALUES (true, now(), now(), 8, 8, 0) "
    "ON CONFLICT (one) DO UPDATE SET written_at = now()"
)


async def beat(dsn: str, strikes_a_second: int) -> bool:
    """Write what pulse would: rates, days, and that it was just now."""
    async with connected(dsn) as connection:
        await connection.execute(RATES, strikes_a_second)
        await connection.execute(STATE)
        today = day(community.END).date()
        await add_found(connection, Counter({(today - timedelta(days=1), "no-spam"): 1}))
        await Days().count(connection)
    return True


def test_the_live_part_follows_and_can_be_paused(open_as: OpenPage, console: Served) -> None:
    """New figures come by themselves; paused, the page stays as it is."""
    in_a_thread(beat(console.stage.dsn, 3))
    page: Page = open_as(path="/overview")
    strikes = page.locator("#live tr", has_text="Strikes and warnings")
    expect(strikes).to_contain_text("180")
    in_a_thread(beat(console.stage.dsn, 7))
    expect(strikes).to_contain_text("420")
    page.get_by_role("link", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    in_a_thread(beat(console.stage.dsn, 9))
    page.wait_for_timeout(2_500)
    expect(strikes).to_contain_text("420")


def test_what_was_decided_is_shown_by_guideline_and_by_day(open_as: OpenPage, console: Served) -> None:
    """The community's strikes are in the table, and each drawing has a table beside it."""
    in_a_thread(beat(console.stage.dsn, 1))
    page: Page = open_as(path="/overview?days=90")
    everything = page.locator("tr", has=page.get_by_role("rowheader", name="All", exact=True))
    expect(everything).not_to_contain_text("0 0 0 0")
    page.get_by_text("As a table").click()
    expect(page.locator("details tbody tr").first).to_be_visible()
    expect(page.get_by_role("table", name="Open cases by how long they have waited")).to_be_visible()


def test_a_candidate_is_pasted_and_what_would_differ_is_shown(open_as: OpenPage) -> None:
    """The run's page follows by itself until it is over."""
    page: Page = open_as(path="/policies")
    page.get_by_role("link", name="What if").click()
    page.get_by_label("Its text, in YAML").fill(DEARER, timeout=60_000)
    page.get_by_role("button", name="Find out").click()
    expect(page.get_by_text("done", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("table", name="Strikes and warnings")).to_be_visible()
    expect(page.get_by_text("2 points").first).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": AT_400["width"], "height": AT_400["height"]})
    assert page.evaluate("document.documentElement.scrollWidth") <= AT_400["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_it_fits_at_400_per_cent(
    open_as: OpenPage, console: Served, scheme: Literal["light", "dark"]
) -> None:
    """With figures in it, and with the table open."""
    in_a_thread(beat(console.stage.dsn, 1))
    page: Page = open_as(path="/overview?live=off", color_scheme=scheme)
    page.get_by_text("As a table").click()
    assert violations(page) == []
    page.set_viewport_size({"width": AT_400["width"], "height": AT_400["height"]})
    assert page.evaluate("document.documentElement.scrollWidth") <= AT_400["width"]
    page.goto("/policies/what-if")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= AT_400["width"]
