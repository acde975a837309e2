"""The queue: what waits, in which order, for whom, and how to get through it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.kafka


def test_who_may_answer_appeals_is_told_of_each_once(open_as: OpenPage) -> None:
    """On the first page of the queue, with the way there; not the next time, and nobody else at all."""
    told = "come in since you last looked"
    page: Page = open_as("mod-bea")
    expect(page.get_by_role("status").filter(has_text=told)).to_contain_text("An appeal has")
    page.get_by_role("link", name="Show it").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.get_by_text(told)).to_have_count(0)
    other: Page = open_as("mod-cal")
    expect(other.get_by_text(told)).to_have_count(0)


def test_each_subject_has_one_row_with_its_reports_folded_in(open_as: OpenPage) -> None:
    """Three reports from three people about one post are one row that counts them."""
    page: Page = open_as(path="/queue?account=u-1042")
    row = page.locator("[data-row]", has_text="p-303")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("3 from 3 people")
    for told in ("s1", "minor", "no-bullying", "u-1042", "on record", "19 h ago", "due in", "open"):
        expect(row).to_contain_text(told)


def test_what_is_urgent_comes_first_then_the_gravest_then_the_oldest(open_as: OpenPage) -> None:
    """A report that is urgent, then what is grave though young, then what is minor though it waits long."""
    page: Page = open_as(path="/queue")
    rows = page.locator("[data-row]")
    expect(rows.first).to_contain_text("urgent")
    places = rows.evaluate_all(
        """rows => rows.map(row => [
            row.classList.contains("urgent") ? 0 : 1,
            -Number(row.querySelector(".sev b")?.textContent.slice(1) ?? 0),
            row.querySelector("[data-label=Age] time").dateTime,
        ])"""
    )
    assert places == sorted(places)
    assert len({grave for _, grave, _ in places}) > 2


def test_filters_are_in_the_address_and_can_be_taken_back(open_as: OpenPage) -> None:
    """A filtered queue can be sent to a colleague as a link."""
    page: Page = open_as(path="/queue")
    page.get_by_label("Guideline").select_option("ownership")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    assert "guideline=ownership" in page.url
    page.get_by_role("link", name="Clear").click()
    assert page.locator("[data-row]").count() > 5


def test_a_filter_is_kept_under_a_name_for_who_named_it(open_as: OpenPage) -> None:
    """It leads back to the same filters, is nobody else's, and can be forgotten."""
    page: Page = open_as(path="/queue?guideline=ownership")
    page.get_by_label("Name of this filter").fill("leaks")
    page.get_by_role("button", name="Save").click()
    page.goto("/queue")
    page.get_by_role("link", name="leaks").click()
    assert "guideline=ownership" in page.url
    other: Page = open_as("mod-bea", "/queue")
    expect(other.get_by_role("link", name="leaks")).to_have_count(0)
    page.get_by_role("button", name="Forget the filter leaks").click()
    expect(page.get_by_role("link", name="leaks")).to_have_count(0)


def test_welfare_cases_have_a_queue_of_their_own_for_those_who_may_see_it(open_as: OpenPage) -> None:
    """Nobody else finds them anywhere, not even by their address."""
    trusted: Page = open_as("mod-ada", "/queue?tab=welfare")
    link = trusted.locator(".row-link").first
    expect(trusted.locator("[data-row]")).to_contain_text("p-360")
    address = link.get_attribute("href")
    for tab in ("unreviewed", "escalated", "all"):
        trusted.goto(f"/queue?tab={tab}")
        if tab != "all":
            expect(trusted.locator("[data-row]", has_text="p-360")).to_have_count(0)
    other: Page = open_as("mod-cal", "/queue?tab=all")
    expect(other.get_by_role("link", name="Welfare")).to_have_count(0)
    expect(other.locator("[data-row]", has_text="p-360")).to_have_count(0)
    answer = other.goto(address or "")
    assert answer is not None
    assert answer.status == 403
    expect(other.get_by_text("cases.welfare")).to_be_visible()


def test_rows_are_walked_and_opened_with_keys(open_as: OpenPage) -> None:
    """`j` and `k` move, Enter opens, `u` goes back."""
    page: Page = open_as(path="/queue")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-row]").nth(1).locator(".row-link")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    page.keyboard.press("u")
    page.wait_for_url("**/queue")


def test_an_open_case_is_shown_to_others_as_somebodys(open_as: OpenPage) -> None:
    """Opening claims it; it stands under Mine, and others see with whom it is."""
    ada: Page = open_as("mod-ada", "/queue?account=u-1888")
    ada.locator(".row-link").first.click()
    expect(ada.locator("#lease")).to_contain_text("with you")
    address = ada.url
    ada.goto("/queue?tab=mine")
    expect(ada.locator("[data-row]", has_text="p-350")).to_have_count(1)
    bea: Page = open_as("mod-bea", "/queue?account=u-1888")
    expect(bea.locator("[data-row]").first).to_contain_text("mod-ada")
    bea.goto(address)
    expect(bea.locator("#lease")).to_contain_text("with mod-ada")


def test_search_goes_to_accounts_and_to_cases_by_their_first_digits(open_as: OpenPage) -> None:
    """`/` puts the cursor into the search, Ctrl-K opens a place to go from anywhere."""
    page: Page = open_as(path="/queue?account=u-1042")
    case = (page.locator(".row-link").first.get_attribute("href") or "").rpartition("/")[2]
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("u-1042")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/u-1042")
    page.keyboard.press("Control+k")
    expect(page.locator("#goto-q")).to_be_focused()
    page.keyboard.type(case[:8])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case}")


def test_keys_rest_while_somebody_writes_and_help_lists_them(open_as: OpenPage) -> None:
    """A letter in a field is a letter; `?` opens the list of keys, Escape closes it."""
    page: Page = open_as(path="/queue?account=u-1042")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.locator(".row-link").first.click()
    page.locator("#reason").click()
    page.keyboard.type("a tweet? e.g. n, j/k")
    expect(page.locator("#reason")).to_have_value("a tweet? e.g. n, j/k")
    expect(page.locator("#decision input:checked")).to_have_count(0)
