"""Deciding: what follows is shown first, keys suffice, and nothing is decided on an old page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.kafka


def case_of(page: Page, account: str, post: str) -> str:
    """The address of the case about a post."""
    page.goto(f"/queue?tab=all&account={account}")
    found = page.locator("[data-row]", has_text=post).locator(".row-link").get_attribute("href")
    assert found is not None
    return found


def strike_of(page: Page, account: str, index: int = 0) -> str:
    """The address of an account's strike, the latest first."""
    page.goto(f"/accounts/{account}")
    found = page.locator("tr[data-row] a[href^='/strikes/']").nth(index).get_attribute("href")
    assert found is not None
    return found


def test_a_case_is_decided_with_keys_alone_and_the_next_one_opens(open_as: OpenPage) -> None:
    """`t`, the reason, Ctrl-Enter: what follows is shown before, the outcome after, and the next waits."""
    page: Page = open_as()
    page.goto(case_of(page, "u-1042", "p-303"))
    page.keyboard.press("t")
    expect(page.locator("#reason")).to_be_focused()
    expect(page.locator("#foreseen")).to_contain_text("What follows:")
    expect(page.locator("#foreseen")).to_contain_text("3 reports close as upheld")
    page.keyboard.type("an insult at a colleague, read in its thread")
    before = page.url
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/cases/.*done="))
    assert page.url.split("?")[0] != before
    expect(page.get_by_role("status").first).to_contain_text("closed: confirmed")


def test_no_violation_closes_the_case_and_shows_the_post_again(open_as: OpenPage) -> None:
    """`a`, a reason, `n`: the strike that nobody confirmed falls."""
    page: Page = open_as()
    page.goto(case_of(page, "u-1330", "p-380"))
    page.keyboard.press("a")
    page.keyboard.type("she quotes a song")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url(re.compile("done="))
    expect(page.get_by_role("status").first).to_contain_text("overturned by mod-ada")
    page.goto(case_of(page, "u-1330", "p-380"))
    expect(page.get_by_text("closed: dismissed", exact=True)).to_be_visible()
    expect(page.get_by_text("she quotes a song").first).to_be_visible()
    expect(page.get_by_text("Nothing can be decided here: the case is closed.")).to_be_visible()


def test_a_strike_is_overturned_on_its_own_page(open_as: OpenPage) -> None:
    """The account's points fall, and the record keeps the mistake with who mended it and why."""
    page: Page = open_as()
    page.goto(strike_of(page, "u-1187"))
    expect(page.get_by_role("heading", name="Chain of causes")).to_be_visible()
    page.get_by_label("Overturn").check()
    page.locator("#reason").fill("it is a test number of the card company")
    expect(page.locator("#foreseen")).to_contain_text("from 4 to 0 points")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url(re.compile("done="))
    expect(page.locator(".head .badge", has_text="overturned")).to_be_visible()
    expect(page.get_by_text("it is a test number of the card company")).to_be_visible()
    expect(page.get_by_text("it is overturned already").first).to_be_visible()


def test_of_two_moderators_at_once_the_second_is_told_what_changed(open_as: OpenPage) -> None:
    """409: what the other decided, with the reason kept, and nothing decided twice."""
    ada: Page = open_as("mod-ada")
    address = case_of(ada, "u-1888", "p-350")
    bea: Page = open_as("mod-bea", address)
    ada.goto(address)
    ada.keyboard.press("e")
    ada.keyboard.type("legal should look at this")
    ada.get_by_role("button", name="Decide", exact=True).click()
    ada.wait_for_url(re.compile("done="))
    bea.keyboard.press("a")
    bea.locator("#reason").fill("the vendor published it last week")
    with bea.expect_navigation() as navigation:
        bea.get_by_role("button", name="Decide", exact=True).click()
    assert navigation.value is not None
    assert navigation.value.status == 409
    expect(bea.get_by_role("heading", name="Somebody was quicker")).to_be_visible()
    expect(bea.locator(".changes")).to_contain_text("escalated")
    expect(bea.locator(".changes")).to_contain_text("mod-ada")
    expect(bea.get_by_text("the vendor published it last week")).to_be_visible()
    bea.get_by_role("link", name="Look again").click()
    expect(bea.locator(".head .badge", has_text="escalated")).to_be_visible()
    expect(bea.locator(".act", has_text="Escalate")).to_contain_text("it is escalated already")


def test_a_warning_instead_is_two_decisions_shown_together(open_as: OpenPage) -> None:
    """The account is warned, the case closes without a strike; both sentences stand there before."""
    page: Page = open_as()
    page.goto(case_of(page, "u-1666", "p-330"))
    page.keyboard.press("w")
    expect(page.locator(".follows")).to_have_count(2)
    page.keyboard.type("a first offer; told how this community sees it")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url(re.compile("done="))
    expect(page.get_by_text("closed: dismissed", exact=True)).to_be_visible()
    page.goto("/accounts/u-1666")
    expect(page.get_by_role("region", name="Sanctions")).to_contain_text("warning")


def test_nothing_is_sent_without_a_reason_or_a_choice(open_as: OpenPage) -> None:
    """The browser asks for it, and so does the server where the browser doesn't."""
    page: Page = open_as()
    page.goto(case_of(page, "u-1520", "p-320"))
    page.get_by_role("button", name="Decide", exact=True).click()
    assert "done=" not in page.url
    page.locator("#decision").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("Choose what to do")).to_be_visible()
    page.go_back()
    page.keyboard.press("a")
    page.locator("#decision").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("Say why")).to_be_visible()


def test_what_cannot_be_done_is_disabled_and_says_why(open_as: OpenPage) -> None:
    """Nobody has to try: the reason stands beside the action."""
    page: Page = open_as(path="/accounts/u-1419")
    action = page.locator(".act", has_text="Confirm termination")
    expect(action).to_contain_text("Not possible: nothing is proposed.")
    expect(action.get_by_role("radio")).to_be_disabled()


def test_without_scripts_everything_still_works(open_as: OpenPage) -> None:
    """The sentence comes on a page of its own, from which the decision is sent."""
    page: Page = open_as(java_script_enabled=False)
    page.goto(case_of(page, "u-2024", "p-370"))
    page.get_by_label("No violation").check()
    page.locator("#reason").fill("his own notes, and nothing is sold")
    page.get_by_role("button", name="Show what follows").click()
    expect(page.get_by_text("What follows:")).to_be_visible()
    page.get_by_role("button", name="Decide").click()
    page.wait_for_url(re.compile("done="))
    expect(page.get_by_text("closed: dismissed", exact=True)).to_be_visible()


def test_violent_text_is_collapsed_until_asked_for_and_numbers_are_masked(open_as: OpenPage) -> None:
    """Evidence is marked in its place; somebody's card number is shown to nobody."""
    page: Page = open_as()
    page.goto(case_of(page, "u-1520", "p-320"))
    expect(page.locator("mark")).to_be_hidden()
    page.get_by_text("Show text that may be violent").click()
    expect(page.locator("mark")).to_have_text("left him bleeding in the street")
    page.goto(case_of(page, "u-1187", "p-310"))
    expect(page.locator("mark")).to_have_text(re.compile("^•+32$"))
    assert "4916" not in page.content()


def test_an_account_can_be_seen_as_it_was(open_as: OpenPage) -> None:
    """As it was recorded by then, and as it was in effect then, beside each other."""
    page: Page = open_as(path="/accounts/u-1042?as_of=2030-02-11T12:00")
    expect(page.get_by_role("heading", name="As it was recorded by then")).to_be_visible()
    expect(page.get_by_role("heading", name="As it was in effect then")).to_be_visible()
    expect(page.locator(".facts .badge", has_text="suspended").first).to_be_visible()


def test_an_appeal_is_decided_by_a_second_person(open_as: OpenPage) -> None:
    """Who confirmed the strike can't answer its appeal; somebody else can, with a reason."""
    ada: Page = open_as("mod-ada", "/queue?tab=appeals")
    expect(ada.locator("[data-row]")).to_contain_text("u-1042")
    ada.locator(".row-link").first.click()
    expect(ada.get_by_text("It was a joke between two people")).to_be_visible()
    expect(
        ada.get_by_text("you issued or confirmed what it is about: somebody else answers it")
    ).to_be_visible()
    bea: Page = open_as("mod-bea", ada.url)
    bea.get_by_label("Answer the appeal").check()
    bea.locator("[name='decide_appeal.appeal_outcome']").select_option("granted")
    bea.locator("#reason").fill("both say so, and the thread reads that way")
    expect(bea.locator("#foreseen")).to_contain_text("What follows:")
    bea.get_by_role("button", name="Decide", exact=True).click()
    bea.wait_for_url(re.compile("done="))
    expect(bea.locator(".head .badge", has_text="granted")).to_be_visible()
    expect(bea.get_by_text("both say so, and the thread reads that way")).to_be_visible()
    bea.goto("/queue?tab=appeals")
    expect(bea.get_by_text("No appeal waits for an answer.")).to_be_visible()
