"""Second reviews: answered by somebody else, who doesn't see the first answer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from services.api.console import reviews
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.kafka


def decide(page: Page, account: str, key: str) -> None:
    """Answer the first open case of an account with a key."""
    page.goto(f"/queue?account={account}")
    page.locator(".row-link").first.click()
    page.wait_for_url("**/cases/*")
    page.keyboard.press(key)
    page.locator("#reason").fill("a first answer that nobody is to see")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url(re.compile("done="))


def test_a_resolved_case_is_answered_again_without_the_first_answer(
    open_as: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has what was written and the policy; who agreed with whom is told afterwards, and counted."""
    monkeypatch.setattr(reviews, "SAMPLE_OF_256", 256)
    ada: Page = open_as("mod-ada")
    bea: Page = open_as("mod-bea", "/reviews")
    while bea.get_by_text("No case of the sample waits").count() == 0:  # what was resolved before
        bea.get_by_role("button", name="Violation", exact=True).click()
    decide(ada, "u-1666", "a")
    bea.goto("/reviews")
    expect(bea.locator(".said")).to_contain_text("double your reply rate")
    content = bea.content()
    for told in ("a first answer", "mod-ada", "dismissed", "closed"):
        assert told not in content
    bea.get_by_role("button", name="Violation", exact=True).click()
    expect(bea.get_by_text("The first answer was another one than yours.")).to_be_visible()
    ada.goto("/reviews")
    expect(ada.get_by_text("No case of the sample waits")).to_be_visible()
    bea.goto("/overview?live=off")
    expect(bea.get_by_text("agreed in")).to_be_visible()


def test_the_sample_is_small_and_always_the_same(open_as: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a hash of the case's id: with none of 256 in it, nothing waits."""
    monkeypatch.setattr(reviews, "SAMPLE_OF_256", 0)
    bea: Page = open_as("mod-bea")
    decide(open_as("mod-ada"), "u-1520", "a")
    bea.goto("/reviews")
    expect(bea.get_by_text("No case of the sample waits")).to_be_visible()


def test_who_may_not_decide_may_not_review(open_as: OpenPage) -> None:
    """The same capabilities as for the first answer."""
    page: Page = open_as("viewer")
    answer = page.goto("/reviews")
    assert answer is not None
    assert answer.status == 403
