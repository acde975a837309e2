"""Pictures of the console for the documentation: `python -m tests.browser.screenshots [FOLDER]`.

They are taken of the played community, over the embedded PostgreSQL, in a real browser.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from services.keys import CAPABILITIES
from services.runtime.embedded import EmbeddedPostgres
from tests.browser.chromium import ARGUMENTS, EXECUTABLE
from tests.browser.stage import Served, served
from tests.support.projecting import migrated

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
WIDTH, HEIGHT = 1360, 900
SHOWN = {"light": ("queue", "case", "account", "strike", "appeal", "policies"), "dark": ("queue", "case")}
"""The pages of which there are pictures; the overview is better seen in a deployment that is alive."""


def take(console: Served, folder: Path) -> None:
    """The pages that are shown, signed in as who may do everything."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        for scheme, names in SHOWN.items():
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                color_scheme="dark" if scheme == "dark" else "light",
                base_url=console.address,
            )
            page = context.new_page()
            sign_in(page, console.keys["mod-ada"])
            addresses = paths(page)
            for name in names:
                page.goto(addresses[name])
                if name == "case":
                    page.keyboard.press("t")
                    page.wait_for_selector(".follows")
                page.screenshot(path=folder / f"{name}-{scheme}.png")
            context.close()
        browser.close()


def sign_in(page: Page, key: str) -> None:
    """Sign in with a key."""
    page.goto("/sign-in")
    page.fill("#key", key)
    page.click("button.main")
    page.wait_for_url("**/queue")


def paths(page: Page) -> dict[str, str]:
    """The pages to show, by name; ids are looked up as a person would."""
    page.goto("/queue?account=u-1042&tab=all")
    case = page.locator(".row-link").first.get_attribute("href")
    page.goto("/queue?account=u-1701&tab=all")
    hostile = page.locator(".row-link").first.get_attribute("href")
    page.goto("/accounts/u-1042")
    strike = page.locator("a[href^='/strikes/']").first.get_attribute("href")
    sanction = page.locator("a[href^='/sanctions/']").first.get_attribute("href")
    page.goto("/queue?tab=appeals")
    appeal = page.locator(".row-link").first.get_attribute("href")
    found = {
        "queue": "/queue",
        "case": case,
        "hostile": hostile,
        "account": "/accounts/u-1042",
        "strike": strike,
        "sanction": sanction,
        "appeal": appeal,
        "overview": "/overview?live=off",
        "policies": "/policies",
        "what-if": "/policies/what-if",
    }
    return {name: path for name, path in found.items() if path is not None}


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with tempfile.TemporaryDirectory(prefix="goodstanding-") as name:
        place = Path(name)
        with EmbeddedPostgres(place / "postgres") as postgres:
            dsn = asyncio.run(migrated(postgres.dsn))
            with served(dsn, place, {"mod-ada": tuple(CAPABILITIES)}) as console:
                take(console, folder)


if __name__ == "__main__":
    main()
