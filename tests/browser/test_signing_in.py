"""Who is let in, for how long, and what every page says to the browser."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from services.keys import digest_of, new_key, revoke_key
from tests.browser.conftest import OpenPage, in_a_thread
from tests.browser.stage import Served
from tests.support.projecting import connected

pytestmark = pytest.mark.kafka

PAGES = ("/queue", "/queue?tab=appeals", "/queue?tab=all", "/accounts/u-1042", "/policies", "/go?q=u-1042")


def test_nobody_sees_a_page_without_signing_in(console: Served) -> None:
    """Every page leads to the sign-in page, and back to where somebody wanted to go."""
    with httpx.Client(base_url=console.address) as http:
        for path in PAGES:
            answer = http.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in?then=/")
        assert http.post("/decisions", data={"do": "dismiss"}).headers["location"] == "/sign-in"


def test_an_unknown_key_is_turned_away_and_a_known_one_leads_back(open_as: OpenPage, console: Served) -> None:
    """The page says so, and after the right key the page that was wanted opens."""
    page: Page = open_as("mod-ada")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/u-1042")
    page.get_by_label("Key", exact=True).fill("gs_made-up")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("isn’t known")
    page.get_by_label("Key", exact=True).fill(console.keys["mod-ada"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{console.address}/accounts/u-1042")


def test_signing_in_never_leads_to_another_site(console: Served) -> None:
    """Whatever the address asks for, the way back stays within the console."""
    for then in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = httpx.post(f"{console.address}/sign-in", data={"key": console.keys["mod-ada"], "then": then})
        assert answer.headers["location"] == "/"


def test_the_cookie_is_out_of_reach_and_pages_allow_nothing_from_elsewhere(console: Served) -> None:
    """HttpOnly and SameSite=Strict; a Content-Security-Policy without exceptions, and nothing is cached."""
    with httpx.Client(base_url=console.address) as http:
        answer = http.post("/sign-in", data={"key": console.keys["mod-ada"]})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        for path in PAGES:
            headers = http.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'self'; ")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"


def test_over_https_the_cookie_is_sent_over_https_only(console: Served) -> None:
    """Secure, where the page itself came so."""
    plain = httpx.post(f"{console.address}/sign-in", data={"key": console.keys["mod-ada"]})
    assert "secure" not in plain.headers["set-cookie"].lower()


def test_a_form_that_no_page_made_does_nothing(console: Served) -> None:
    """Without the session's own token every form is refused, signing out too."""
    with httpx.Client(base_url=console.address) as http:
        http.post("/sign-in", data={"key": console.keys["mod-ada"]})
        for path in ("/decisions", "/decisions/preview", "/sign-out", "/cases/c-1/lease"):
            for token in ({}, {"csrf": "guessed"}):
                assert http.post(path, data={"do": "dismiss", **token}).status_code == 403
        assert http.get("/queue").status_code == 200


def test_a_session_ends_with_its_key_and_with_signing_out(open_as: OpenPage, console: Served) -> None:
    """Capabilities are read from the keys file with each request; a revoked key opens nothing any more."""
    keys_file = console.keys_file
    console.keys = {**console.keys, "late": new_key(keys_file, "late", ["standing.read"])}
    page: Page = open_as("late", "/queue")
    expect(page.get_by_role("heading", name="Queue: Unreviewed")).to_be_attached()
    revoke_key(keys_file, digest_of(console.keys["late"])[:12])
    page.goto("/queue")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_key_that_may_not_look_is_told_which_capability_it_lacks(console: Served) -> None:
    """Signed in and no more: each page says what is missing."""
    with httpx.Client(base_url=console.address, follow_redirects=True) as http:
        answer = http.post("/sign-in", data={"key": console.keys["nobody"]})
        assert answer.status_code == 403
        assert "standing.read" in answer.text
    assert ("nobody", "standing.read", "/") in in_a_thread(refusals(console.stage.dsn))


def test_a_wrong_key_is_noted_without_being_told(console: Served) -> None:
    """Who tries keys shows in the access log; the keys don't."""
    httpx.post(f"{console.address}/sign-in", data={"key": "gs_guess"})
    assert (None, None, "/sign-in") in in_a_thread(refusals(console.stage.dsn))


def test_what_people_wrote_and_who_reported_needs_its_capability(open_as: OpenPage) -> None:
    """Without it the page says so, and has neither."""
    page: Page = open_as("viewer", "/queue?account=u-1042&tab=all")
    page.locator(".row-link").first.click()
    expect(page.get_by_text("contents.read")).to_be_visible()
    content = page.content()
    for told in ("You people are a joke", "He goes after", "u-1203", "u-1330", "u-1419"):
        assert told not in content
    expect(page.get_by_text("reporter not shown").first).to_be_visible()
    expect(page.get_by_text("your key lacks").first).to_be_visible()


def test_reading_what_people_wrote_is_noted(open_as: OpenPage, console: Served) -> None:
    """Who saw it, of whom and in which case; before the page is shown."""
    page: Page = open_as("mod-cal", "/queue?account=u-1666&tab=all")
    page.locator(".row-link").first.click()
    page.wait_for_url("**/cases/*")
    rows = in_a_thread(asked(console.stage.dsn))
    case_id = page.url.rpartition("/")[2]
    assert ("mod-cal", "contents.read", "u-1666", case_id, "/cases/{case_id}") in rows


async def refusals(dsn: str) -> list[tuple[str | None, ...]]:
    """Who was turned away where."""
    async with connected(dsn) as connection:
        query = "SELECT actor, capability, route FROM desk.access_log WHERE result = 'refused'"
        return [tuple(row) for row in await connection.fetch(query)]


async def asked(dsn: str) -> list[tuple[str, ...]]:
    """The access log."""
    async with connected(dsn) as connection:
        query = "SELECT actor, capability, account, case_id, route FROM desk.access_log WHERE result = 'seen'"
        return [tuple(row) for row in await connection.fetch(query)]
