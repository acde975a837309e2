"""What people write does no harm to who has to read it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_deciding import case_of

pytestmark = pytest.mark.kafka


def test_a_hostile_post_is_text_and_nothing_else(open_as: OpenPage) -> None:
    """No element of its own, no script, no form, no request elsewhere; the page stays as it is."""
    page: Page = open_as()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(case_of(page, "u-1701", "p-340"))
    said = page.locator(".version .said")
    expect(said).to_contain_text("<script>document.title='owned'</script>")
    expect(said).to_contain_text("{{ 7 * 7 }}")
    assert page.title().endswith("· Goodstanding")
    assert said.locator("script, img, form, button, a").count() == 0
    assert page.locator(".said script").count() == 0
    assert page.locator("main form[action^='//']").count() == 0
    assert all(url.startswith(page.url.split("/cases/")[0]) for url in asked)


def test_characters_that_turn_or_hide_text_are_shown_by_name(open_as: OpenPage) -> None:
    """None of them reaches the page; what they would have hidden is in plain sight."""
    page: Page = open_as()
    page.goto(case_of(page, "u-1701", "p-340"))
    for name in ("RLO", "PDF", "LRI", "PDI", "ZWSP"):
        expect(page.locator(".control", has_text=name).first).to_be_visible()
    text = page.locator("main").inner_text()
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b")
    assert "gnp.exe" in text


def test_a_hostile_search_or_address_is_text_too(open_as: OpenPage) -> None:
    """What is looked for is shown as it is; an address that can't be is a page that says so."""
    page: Page = open_as()
    page.goto("/go?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    expect(page.get_by_role("heading", name="<script>alert(1)</script>")).to_be_visible()
    for path, status in (
        ("/accounts/%3Cimg%20src=x%20onerror=alert(1)%3E", 404),
        ("/cases/'%20OR%201=1", 404),
        ("/queue?after=x", 422),
        ("/queue?severity=9", 422),
        ("/queue?tab=made-up", 404),
        ("/accounts/u-1042?as_of=soon", 422),
        ("/strikes/none", 404),
        ("/appeals/none", 404),
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status, path
        expect(page.get_by_text("What to do:")).to_be_visible()
