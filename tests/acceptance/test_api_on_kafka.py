"""Deciding through the API, the whole way: Kafka, a process for each stage, PostgreSQL, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.app import create_app
from services.api.worker import parts_of
from services.keys import CAPABILITIES, KeyTable, new_key
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import logs, made, settings, started
from tests.support.kafka_player import Deployment
from tests.support.policies import community
from tests.support.projecting import until
from tests.support.signals import day

pytestmark = [pytest.mark.kafka, pytest.mark.acceptance]
__all__ = ["logs", "settings"]

POLICY = "default"
WAIT = "30"


class Desk:
    """Two moderators at an API."""

    def __init__(self, http: httpx.AsyncClient, keys: dict[str, str]) -> None:
        self._http = http
        self._keys = keys

    async def post(
        self, path: str, body: Any, who: str = "ada", key: str = "", **params: Any
    ) -> httpx.Response:
        """Ask for something to be done, and wait for it."""
        headers = {"X-API-Key": self._keys[who]} | ({"Idempotency-Key": key} if key else {})
        return await self._http.post(path, json=body, params={"wait": WAIT, **params}, headers=headers)

    async def get(self, path: str, who: str = "ada", **params: Any) -> Any:
        """Ask for something that is known."""
        answer = await self._http.get(path, params=params, headers={"X-API-Key": self._keys[who]})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def points(self, account: str) -> int:
        """An account's active points."""
        found: int = (await self.get(f"/v1/accounts/{account}/standing"))["now"]["active_points"]
        return found


@asynccontextmanager
async def opened(settings: Settings, folder: Path) -> AsyncIterator[Desk]:
    """An API over a deployment."""
    keys = {who: new_key(folder / "keys.json", who, CAPABILITIES) for who in ("ada", "bea")}
    app = create_app(parts_of(settings), KeyTable(folder / "keys.json"))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api", timeout=120) as http,
    ):
        parts = app.state.parts
        await until(parts.in_force, "the policy is known")
        yield Desk(http, keys)


def struck(version: int, reason: str = "told others to cheat") -> dict[str, Any]:
    """A strike by hand."""
    return {
        "verb": "strike",
        "version": version,
        "reason": reason,
        "guideline": "no-bullying",
        "case": "insult",
    }


@pytest.mark.timeout(600)
async def test_decisions_go_through_the_log_and_come_back(
    settings: Settings, logs: Path, tmp_path: Path
) -> None:
    """Seen in the standing at once, once only under one key, stale where somebody was quicker."""
    await made(settings)
    with ExitStack() as stack:
        started(stack, settings, logs)
        async with Deployment(settings, {POLICY: community()}) as deployment:
            await deployment.activate(POLICY)
            await deployment.advance(day(1))
            async with opened(settings, tmp_path) as desk:
                await strike_by_hand(desk)
                await one_of_two(desk)
                await overturned(desk)
                await appealed(desk)


async def strike_by_hand(desk: Desk) -> None:
    """Foreseen, made, visible; the same again under the same key is the same."""
    path = "/v1/accounts/ann/decisions"
    foreseen = (await desk.post(path, struck(0), dry_run=True)).json()["data"]
    assert "the account goes from 0 to " in foreseen["sentence"] or "warning" in foreseen["sentence"]
    first = await desk.post(path, struck(0), key="k-1")
    assert first.status_code == 200, first.text
    assert first.json()["data"]["status"] == "applied"
    assert await desk.points("ann") == foreseen["after"]["active_points"]
    again = await desk.post(path, struck(0), key="k-1")
    assert again.json() == first.json()
    assert len(await desk.get("/v1/strikes", account="ann")) == 1
    stale = await desk.post(path, struck(0, "and again"))
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:goodstanding:problem:stale")
    assert any(change["actor"] == "ada" for change in stale.json()["changes"])


async def one_of_two(desk: Desk) -> None:
    """At the same version, one wins; the other is told."""
    path = "/v1/accounts/bob/decisions"
    both = await asyncio.gather(*(desk.post(path, struck(0), who) for who in ("ada", "bea")))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    assert len(await desk.get("/v1/strikes", account="bob")) == 1


async def overturned(desk: Desk) -> None:
    """And nothing is left of its points."""
    (strike,) = await desk.get("/v1/strikes", account="bob")
    body = {"version": strike["version"], "reason": "it was somebody else"}
    answer = await desk.post(f"/v1/strikes/{strike['strike']}/overturn", body)
    assert answer.status_code == 200, answer.text
    assert await desk.points("bob") == 0
    (strike,) = await desk.get("/v1/strikes", account="bob")
    assert strike["status"] == "overturned"


async def appealed(desk: Desk) -> None:
    """Filed on the account's behalf; decided by a second person, not by the one who issued it."""
    (strike,) = await desk.get("/v1/strikes", account="ann")
    filed = await desk.post(
        "/v1/appeals",
        {"account": "ann", "about": strike["strike"], "text": "I did no such thing", "by": "platform"},
    )
    assert filed.status_code == 200, filed.text
    (appeal,) = await desk.get("/v1/appeals", account="ann", status="pending")
    body = {"version": appeal["version"], "outcome": "granted", "reason": "she is right"}
    path = f"/v1/appeals/{appeal['appeal']}/decision"
    own = await desk.post(path, body, "ada")
    assert own.status_code == 403, own.text
    other = await desk.post(path, body, "bea")
    assert other.status_code == 200, other.text
    assert await desk.points("ann") == 0
    (appeal,) = await desk.get("/v1/appeals", account="ann")
    assert (appeal["status"], appeal["decided_by"]) == ("granted", "person:bea")
