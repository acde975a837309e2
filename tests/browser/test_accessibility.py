"""Everybody can use the console: axe finds nothing, it fits at 400 %, and a mouse is never needed."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.screenshots import paths

pytestmark = pytest.mark.kafka

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
AT_400 = {"width": 320, "height": 256}
"""What a window of 1280 by 1024 has to show at 400 %."""
MORE = {
    "appeals": "/queue?tab=appeals",
    "all": "/queue?tab=all",
    "nothing": "/queue?account=u-none",
    "go": "/go?q=none",
    "trouble": "/strikes/none",
    "as-of": "/accounts/u-1042?as_of=2030-02-11T12:00",
}


def violations(page: Page) -> list[str]:
    """What axe finds, each with where."""
    found: Any = Axe().run(page, options=RULES).response
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:5]}"
        for one in found["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(open_as: OpenPage, scheme: Literal["light", "dark"]) -> None:
    """WCAG 2.2 AA, light and dark, with forms open and text shown that was collapsed."""
    page: Page = open_as(color_scheme=scheme)
    found: dict[str, list[str]] = {}
    for name, path in {**paths(page), **MORE}.items():
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        for radio in page.locator(".act:not(.off) > input").all()[:1]:
            radio.check()
        found[name] = violations(page)
    page.keyboard.press("Escape")
    page.goto("/queue")
    page.keyboard.press("?")
    found["keys"] = violations(page)
    page.goto("/queue")
    page.keyboard.press("Control+k")
    found["go to"] = violations(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_axe_finds_no_violation_where_somebody_signs_in(open_as: OpenPage) -> None:
    """The page before all others, also after a wrong key."""
    page: Page = open_as()
    page.get_by_role("button", name="Sign out").click()
    assert violations(page) == []
    page.get_by_label("Key", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


def test_at_400_per_cent_no_page_scrolls_sideways(open_as: OpenPage) -> None:
    """Pages reflow; a wide table scrolls within itself and can be reached with the keyboard."""
    page: Page = open_as()
    named = {**paths(page), **MORE}
    page.set_viewport_size({"width": AT_400["width"], "height": AT_400["height"]})
    wide = {}
    for name, path in named.items():
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > AT_400["width"]:
            wide[name] = width
    assert wide == {}


def test_all_of_it_can_be_reached_with_the_keyboard(open_as: OpenPage) -> None:
    """Tab goes through every control of the case page in order, and what has focus shows it."""
    page: Page = open_as(path="/queue?account=u-1042")
    page.locator(".row-link").first.click()
    page.wait_for_url("**/cases/*")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    seen = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "() => { const e = document.activeElement; return e.id || e.textContent.trim().slice(0, 40) }"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or page.evaluate("document.activeElement === document.body")
    assert {"find", "do-dismiss", "reason", "decide-next"} <= seen


def test_severity_and_state_are_said_in_words(open_as: OpenPage) -> None:
    """Without any colour the queue tells the same."""
    page: Page = open_as(path="/queue")
    text = " ".join(page.locator("table.queue").inner_text().split())
    for told in ("s1 minor", "s2 moderate", "urgent", "overdue", "good standing", "on record"):
        assert told in text
