"""One story on the real log: Kafka, PostgreSQL, every worker, and two moderators in a real browser."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from services.commands.demo import _policy, _prepare
from services.demo import cast
from services.demo.crowd import Sent, event, post_data
from services.demo.deployment import Deployment
from services.demo.stream import opened
from services.runtime.settings import load_settings
from tests.browser.community import HOSTILE
from tests.browser.conftest import EVERYTHING, in_a_thread
from tests.browser.screenshots import sign_in

PROJECT = Path(__file__).parents[2]
TIMEOUT_S = 300

pytestmark = [pytest.mark.kafka, pytest.mark.acceptance, pytest.mark.timeout(TIMEOUT_S)]


@pytest.fixture
def deployment(stack_folder: Path) -> Iterator[Deployment]:
    """Everything, in real time, with the policy that the project ships."""
    folder = Path(tempfile.mkdtemp(prefix="desk-", dir=stack_folder))
    (folder / "kafka-jars").symlink_to(PROJECT / ".goodstanding" / "kafka-jars")
    settings = load_settings(state_folder=folder)
    with Deployment(settings, "desk", partitions=2, time_mode="log", fresh=True, say=print) as running:
        in_a_thread(_prepare(running.settings))
        running.start_workers()
        in_a_thread(activated(running))
        yield running


async def activated(deployment: Deployment) -> None:
    """Put the policy into force."""
    async with opened(deployment.settings, deployment.stopped_worker) as stream:
        await stream.activate(_policy(deployment.settings), "ops")


async def happened(deployment: Deployment, *events: Sent) -> None:
    """Send what a platform says, and wait until PostgreSQL shows what came of it."""
    async with opened(deployment.settings, deployment.stopped_worker) as stream:
        await stream.send(events)
        await stream.settle()
        await stream.settle_projections()


def now() -> datetime:
    """The wall clock's time, which this deployment goes by."""
    return datetime.now(UTC)


def says(account: str, post: str, body: str) -> Sent:
    """Somebody writes a post."""
    return event(now(), "post.created", account, post_data(post, body, thread=post), f"desk-{post}")


def reports(reporter: str, report: str, account: str, post: str) -> Sent:
    """Somebody reports it."""
    about = {"account": account, "post": post, "revision": 1, "copy": HOSTILE}
    data = {
        "report": report,
        "reporter": {"account": reporter},
        "about": about,
        "reason": "no-bullying",
        "text": "He does this in every thread. <script>alert(1)</script>",
    }
    return event(now(), "report.filed", reporter, data, f"desk-{report}")


def opened_by(browser: Browser, deployment: Deployment, key: str) -> Page:
    """A moderator at the console."""
    context = browser.new_context(base_url=deployment.addresses["api"])
    page = context.new_page()
    page.set_default_timeout(20_000)
    sign_in(page, key)
    return page


def test_two_moderators_work_the_queue_of_a_real_deployment(deployment: Deployment, browser: Browser) -> None:
    """Keys, an overturned strike, a hostile post, a collision, and an appeal answered by a second person."""
    keys = {name: deployment.new_key(name, EVERYTHING) for name in ("mod-ada", "mod-bea")}
    written = [
        says("nora", "nora-1", cast.SONG),
        says("nora", "nora-2", cast.JOKE),
        says("vic", "vic-1", HOSTILE),
    ]
    in_a_thread(happened(deployment, *written))
    in_a_thread(happened(deployment, reports("lena", "r-1", "vic", "vic-1")))
    ada = opened_by(browser, deployment, keys["mod-ada"])
    bea = opened_by(browser, deployment, keys["mod-bea"])
    expect(ada.locator("[data-row]")).to_have_count(3)
    works_with_keys(ada)
    overturns(ada)
    collide(ada, bea)
    in_a_thread(appealed(deployment, strike_of(ada, "vic")))
    answer_the_appeal(ada, bea)


def works_with_keys(ada: Page) -> None:
    """The song is no violation: opened, answered and sent without a mouse."""
    ada.locator("[data-row]", has_text="nora-1").locator(".row-link").focus()
    ada.keyboard.press("Enter")
    ada.wait_for_url("**/cases/*")
    expect(ada.locator("mark").first).to_be_visible()
    ada.keyboard.press("a")
    expect(ada.locator("#foreseen")).to_contain_text("What follows:")
    ada.keyboard.type("an old song, and nobody is meant")
    ada.keyboard.press("Control+Enter")
    ada.wait_for_url(re.compile("done="))
    expect(ada.locator(".done")).to_contain_text("overturned by mod-ada")


def overturns(ada: Page) -> None:
    """The other strike falls on its own page, and the account is in good standing again."""
    ada.goto("/accounts/nora")
    ada.locator("tr[data-row]", has_text="active").locator("a[href^='/strikes/']").first.click()
    ada.get_by_label("Overturn").check()
    ada.locator("#reason").fill("she talks to a dashboard")
    expect(ada.locator("#foreseen")).to_contain_text("0 points")
    decided(ada)
    ada.goto("/accounts/nora")
    expect(ada.locator(".facts").first).to_contain_text("good standing")


def collide(ada: Page, bea: Page) -> None:
    """Both have the hostile post's case open; the second to decide is told what the first one did."""
    ada.goto("/queue?account=vic")
    ada.locator(".row-link").first.click()
    ada.wait_for_url("**/cases/*")
    bea.goto(ada.url)
    expect(bea.locator("#lease")).to_contain_text("with mod-ada")
    assert bea.title().endswith("· Goodstanding")
    assert bea.locator("main script, main img, main form[action^='//']").count() == 0
    ada.keyboard.press("t")
    ada.locator("[name='confirm.guideline_case']").select_option("no-bullying/insult")
    ada.locator("[name='confirm.severity']").select_option("2")
    ada.locator("#reason").fill("meant to mislead those who read it")
    decided(ada)
    bea.keyboard.press("a")
    bea.locator("#reason").fill("looks harmless to me")
    with bea.expect_navigation() as navigation:
        bea.get_by_role("button", name="Decide", exact=True).click()
    assert navigation.value is not None
    assert navigation.value.status == 409
    expect(bea.get_by_text("looks harmless to me")).to_be_visible()


async def appealed(deployment: Deployment, strike: str) -> None:
    """The platform tells the account of its strike, and the account complains."""
    await happened(deployment, event(now(), "notice.delivered", "vic", {"about": strike}, "desk-told"))
    data = {"appeal": "a-1", "about": strike, "text": "It was a test of the editor."}
    await happened(deployment, event(now(), "appeal.filed", "vic", data, "desk-appeal"))


def answer_the_appeal(ada: Page, bea: Page) -> None:
    """Who decided can't answer; the second person grants it, and the strike falls."""
    ada.goto("/queue?tab=appeals")
    ada.locator(".row-link").first.click()
    expect(ada.get_by_text("somebody else answers it")).to_be_visible()
    bea.goto(ada.url)
    expect(bea.get_by_text("It was a test of the editor.")).to_be_visible()
    bea.get_by_label("Answer the appeal").check()
    bea.locator("[name='decide_appeal.appeal_outcome']").select_option("granted")
    bea.locator("#reason").fill("nobody was misled")
    expect(bea.locator("#foreseen")).to_contain_text("What follows:")
    decided(bea)
    expect(bea.locator(".head .badge", has_text="granted")).to_be_visible()
    bea.goto("/accounts/vic")
    expect(bea.locator(".facts").first).to_contain_text("good standing")


def decided(page: Page) -> None:
    """Send the form, and see its outcome."""
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url(re.compile("done="))


def strike_of(page: Page, account: str) -> str:
    """The id of an account's latest strike."""
    page.goto(f"/accounts/{account}")
    href = page.locator("tr[data-row] a[href^='/strikes/']").first.get_attribute("href")
    assert href is not None
    return href.rpartition("/")[2]
