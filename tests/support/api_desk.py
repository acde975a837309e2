"""A desk that decides through the public API of a running deployment, each person with a key of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from events.capabilities import ASKED
from services.api.bodies import LEFT_OUT, VERBS, About
from services.keys import DECIDE, READ, new_key
from tests.support import story as tell

WAIT_S = "30"
START_S_MAX = 180.0
SETTLED_S_MAX = 90.0
POLL_S = 0.2
COLLECTIONS = {"account": "accounts", "strike": "strikes", "sanction": "sanctions", "case": "cases"}
TAKEN = (200, 403, 404, 409, 422)
"""Decided, or refused by enforcement; anything else is a fault."""


@dataclass(frozen=True)
class Asked:
    """One request, which can be made again: under its key it counts once."""

    path: str
    body: dict[str, Any]
    by: str
    key: str


class ApiDesk:
    """Decides over HTTP. Use as `async with`, once the API's process is started with `keys_file`."""

    def __init__(self, url: str, keys_file: Path) -> None:
        self._keys_file = keys_file
        self._keys: dict[str, str] = {}
        self._http = httpx.AsyncClient(base_url=url, timeout=60)

    async def __aenter__(self) -> Self:
        """Wait until it answers."""
        key = self._key("who-only-looks")
        for _ in range(int(START_S_MAX / POLL_S)):
            if await self._answers(key):
                return self
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"the API didn't answer within {START_S_MAX:.0f} s")

    async def __aexit__(self, *error: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    def takes(self, step: tell.Decide) -> bool:
        """Whether the API would send it on as it is.

        What names no version or an old one, or lacks a capability, it refuses at the door; such a decision
        goes straight into the log, where enforcement refuses it.
        """
        return step.version == "seen" and step.may is None and not step.own

    def asked(self, step: tell.Decide, kind: str, target: str, fields: dict[str, Any], key: str) -> Asked:
        """The request for a decision about a target; `fields` are the contract's."""
        appeal = step.decision == "decide_appeal"
        about: About = "appeal" if appeal else kind  # type: ignore[assignment]  # no story decides about a post
        known = {*VERBS[about][step.decision].model_fields} - LEFT_OUT | {"version", "reason"}
        body = {name: value for name, value in fields.items() if name in known and value is not None}
        if appeal:
            return Asked(f"/v1/appeals/{target}/decision", body, step.by, key)
        return Asked(
            f"/v1/{COLLECTIONS[kind]}/{target}/decisions", body | {"verb": step.decision}, step.by, key
        )

    async def decide(self, asked: Asked) -> None:
        """Ask, and wait until the projection shows what came of it. Raises `AssertionError` for a fault."""
        answer = await self._http.post(
            asked.path,
            json=asked.body,
            params={"wait": WAIT_S},
            headers={"X-API-Key": self._key(asked.by), "Idempotency-Key": asked.key},
        )
        if answer.status_code == httpx.codes.ACCEPTED:
            await self._settled(answer.headers["location"], asked)
            return
        assert answer.status_code in TAKEN, f"{asked}: {answer.status_code} {answer.text}"
        if answer.status_code != httpx.codes.OK:
            assert "decision" in answer.json(), f"{asked} wasn't sent: {answer.text}"

    async def _settled(self, where: str, asked: Asked) -> None:
        """Look where the answer says, until the decision isn't pending: stages may be starting still."""
        for _ in range(int(SETTLED_S_MAX / POLL_S)):
            answer = await self._http.get(where, headers={"X-API-Key": self._key(asked.by)})
            if answer.json()["data"]["status"] != "pending":
                return
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"{asked} wasn't decided within {SETTLED_S_MAX:.0f} s")

    def _key(self, who: str) -> str:
        if who not in self._keys:
            self._keys[who] = new_key(self._keys_file, who, {READ, DECIDE, *ASKED})
        return self._keys[who]

    async def _answers(self, key: str) -> bool:
        try:
            answer = await self._http.get("/v1/cases", headers={"X-API-Key": key})
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK
