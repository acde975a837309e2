"""A decision in the console: how long until the account's standing shows it to whoever asks.

Every stage and the API run; strikes come from posts. One person overturns them one after the other by the
console's own form, while another asks for the standing again and again.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import ExitStack
from html import unescape
from typing import Any, Final

import httpx

from benchmarks.desk import api_ready, sign_in
from benchmarks.measure import Failed, Worker, median_and_p95_ms
from benchmarks.pipeline import capacity_of, lay_ready, stages
from benchmarks.stack import Stack, database
from services.keys import CAPABILITIES, new_key
from services.runtime.embedded.child import free_port

READY_S: Final = 1.0
"""Posts for so long are laid ready: a few hundred of them lead to strikes."""
DECISIONS: Final = 100
WARM: Final = 10
"""So many more come first, and aren't counted."""
LOOK_INTERVAL_S: Final = 0.005
SHOWN_S_MAX: Final = 30.0
_HIDDEN: Final = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """Median and 95th percentile, in ms: until the standing shows it, and until the console answers."""
    del seconds
    settings = stack.settings("decisions", await database(stack, "decisions"))
    backlog = await lay_ready(stack, settings, READY_S, seed)
    keys = stack.folder / "decisions-keys.json"
    key = new_key(keys, "moderator-1", CAPABILITIES)
    port = free_port()
    more = {"api_port": port, "api_keys_file": keys}
    shown: list[float] = []
    answered: list[float] = []
    with ExitStack() as running:
        workers = running.enter_context(stages(stack, settings))
        await capacity_of(workers, settings.postgres_dsn, backlog)
        api = running.enter_context(Worker("api", settings, stack.folder, more=more))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await api_ready(api, client)
            await sign_in(client, key)
            client.headers["X-API-Key"] = key
            for strike in await _strikes(client, WARM + DECISIONS):
                until_shown, until_answered = await _overturn(client, strike)
                shown.append(until_shown)
                answered.append(until_answered)
    return {
        "decisions.overturned": DECISIONS,
        **median_and_p95_ms("decisions.until_in_the_standing", shown[WARM:]),
        **median_and_p95_ms("decisions.until_the_console_answers", answered[WARM:]),
    }


async def _strikes(client: httpx.AsyncClient, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while len(found) < number:
        query = {"status": "active", "limit": "100"} | ({"after": after} if after else {})
        page = (await client.get("/v1/strikes", params=query)).raise_for_status().json()
        found += page["data"]
        after = page.get("next") or ""
        if not after and len(found) < number:
            raise Failed(f"only {len(found)} strikes to overturn, of {number}")
    return found[:number]


async def _overturn(client: httpx.AsyncClient, strike: dict[str, Any]) -> tuple[float, float]:
    """Seconds until the standing shows it, and until the console answers."""
    asked = (await client.get(f"/strikes/{strike['strike']}")).raise_for_status()
    _, _, form = asked.text.partition('<form id="decision"')
    hidden = {name: unescape(value) for name, value in _HIDDEN.findall(form.partition("</form>")[0])}
    standing = f"/v1/accounts/{strike['account']}/standing"
    before = await _version(client, standing)
    filled = {**hidden, "do": "overturn", "reason": "it talks to a machine"}
    began = time.perf_counter()
    shown, answered = await asyncio.gather(_shown(client, standing, before), _answered(client, filled))
    return shown - began, answered - began


async def _answered(client: httpx.AsyncClient, form: dict[str, str]) -> float:
    """Send the form; when it was answered, by `perf_counter`. Raises `Failed` when it is refused."""
    answer = await client.post("/decisions", data=form)
    answered_s = time.perf_counter()
    if answer.status_code != httpx.codes.SEE_OTHER or "done=" not in answer.headers["location"]:
        raise Failed(f"the form was answered with {answer.status_code}: {answer.text[:500]}")
    return answered_s


async def _shown(client: httpx.AsyncClient, path: str, before: int) -> float:
    """When the standing had another version, by `perf_counter`. Raises `Failed` when it takes too long."""
    deadline = time.perf_counter() + SHOWN_S_MAX
    while await _version(client, path) == before:
        if time.perf_counter() > deadline:
            raise Failed(f"`{path}` didn't show the decision within {SHOWN_S_MAX:.0f} s")
        await asyncio.sleep(LOOK_INTERVAL_S)
    return time.perf_counter()


async def _version(client: httpx.AsyncClient, path: str) -> int:
    found: int = (await client.get(path)).raise_for_status().json()["data"]["now"]["version"]
    return found
