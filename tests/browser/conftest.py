"""What the console's tests are given: a browser, a console over a played community, and people who use it.

Where there is no browser, the tests say how to install one, and are skipped; in CI they fail instead.
"""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from services.keys import CAPABILITIES, CONTENTS, DECIDE, READ
from services.runtime.embedded import EmbeddedPostgres
from tests.browser.chromium import ARGUMENTS, EXECUTABLE, HOW_TO_INSTALL
from tests.browser.screenshots import sign_in
from tests.browser.stage import Served, served
from tests.support.projecting import migrated

EVERYTHING = tuple(CAPABILITIES)
HOLDERS = {
    "mod-ada": EVERYTHING,
    "mod-bea": EVERYTHING,
    "mod-cal": (READ, DECIDE, CONTENTS),
    "viewer": (READ,),
    "nobody": (),
}
"""Who has a key in these tests: two who may do everything, one who may decide, one who may look."""
TIMEOUT_MS = 10_000

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window, for one file: Playwright's loop would be in the way of tests that await."""
    if EXECUTABLE is None:
        message = f"there is no Chromium for the console's tests: {HOW_TO_INSTALL}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def console(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console over a community of its own, for the tests of one file."""
    name = f"console_{uuid.uuid4().hex[:12]}"
    in_a_thread(_execute(postgres.dsn, f"CREATE DATABASE {name}"))
    dsn = in_a_thread(migrated(postgres.dsn_of(name)))
    with served(dsn, Path(tmp_path_factory.mktemp("console")), HOLDERS) as running:
        yield running
    in_a_thread(_execute(postgres.dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def open_as(browser: Browser, console: Served) -> Iterator[OpenPage]:
    """Opens a page as somebody who is signed in; whatever the page complains of fails the test at its end."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(who: str = "mod-ada", path: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=console.address, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Security Policy" in said.text else None)
        page.on("dialog", lambda dialog: faults.append(f"a dialog opened: {dialog.message}"))
        sign_in(page, console.keys[who])
        if path:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def in_a_thread(coroutine: Any) -> Any:
    """Run a coroutine where no browser's loop is running."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(coroutine)))
    thread.start()
    thread.join()
    assert found, "it failed: see above"
    return found[0]


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
