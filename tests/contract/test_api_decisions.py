"""Deciding through the API, over the real decider and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.keys import DECIDE, READ, SEND
from services.runtime import postgres
from tests.support.api import Client, asked, parts_over
from tests.support.deciding import DecidingWorld
from tests.support.projecting import migrated, until
from tests.support.signals import day, finding, post_signal, posted, report_signal

pytestmark = pytest.mark.kafka

HOLDERS = {
    "ada": (READ, DECIDE),
    "bea": (READ, DECIDE),
    "reader": (READ,),
    "platform": (SEND, READ),
}


class Desk:
    """An API, and the world that it decides in."""

    def __init__(self, client: Client, world: DecidingWorld) -> None:
        self.client = client
        self.world = world

    async def post(
        self, path: str, body: Any, who: str = "ada", key: str = "", **params: Any
    ) -> httpx.Response:
        """Ask for something to be done."""
        headers = {"X-API-Key": self.client.keys[who]} | ({"Idempotency-Key": key} if key else {})
        return await self.client.http.post(path, json=body, params=params, headers=headers)

    async def standing(self) -> Any:
        """Ann's standing now."""
        return (await self.client.get("/v1/accounts/ann/standing", who="ada")).json()["data"]["now"]

    async def strike(self, number: int = 0) -> Any:
        """One of Ann's strikes, the latest first."""
        return (await self.client.get("/v1/strikes", who="ada", account="ann")).json()["data"][number]


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Ann has two strikes, of severity 2 and 3, and a suspension."""
    await migrated(database)
    world = DecidingWorld(database)
    for number, severity in enumerate((2, 3)):
        found = finding("no-hate", f"s{severity}", severity)
        await world.advance(day(40 * number))
        await world.tell(post_signal("ann", posted("ann", f"p-{number}", found), day(40 * number)))
    pool = await postgres.pool(database)
    parts = parts_over(pool, {world.world.policy.version: world.world.policy}, world, now=world.now)
    try:
        async with asked(pool, tmp_path, HOLDERS, {}, parts) as client:
            yield Desk(client, world)
    finally:
        await pool.close()


def overturn(strike: Any, reason: str = "it was a quotation") -> dict[str, Any]:
    """The body of an overturning, at the version that was seen."""
    return {"version": strike["version"], "reason": reason}


async def test_a_decision_that_is_waited_for_is_in_the_standing(desk: Desk) -> None:
    """200 with what came of it; the actor is the key's holder, whatever the body says."""
    strike = await desk.strike()
    before = await desk.standing()
    answer = await desk.post(f"/v1/strikes/{strike['strike']}/overturn", overturn(strike), wait="true")
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["status"] == "applied"
    assert any("overturned by ada" in line for line in data["sentences"])
    after = await desk.standing()
    assert after["active_points"] == before["active_points"] - strike["points"]
    assert data["standing"]["active_points"] == after["active_points"]


async def test_a_decision_that_is_not_waited_for_says_where_its_outcome_will_be(desk: Desk) -> None:
    """202 with a Location, which tells `pending` and then `applied`."""
    strike = await desk.strike()
    desk.world.held = True
    answer = await desk.post(f"/v1/strikes/{strike['strike']}/overturn", overturn(strike))
    assert (answer.status_code, answer.json()["data"]["status"]) == (202, "pending")
    where = answer.headers["location"]
    assert (await desk.client.get(where, who="reader")).json()["data"]["status"] == "pending"
    await desk.world.release()
    told = (await desk.client.get(where, who="reader")).json()["data"]
    assert (told["status"], told["verb"]) == ("applied", "overturn")
    assert told["outcomes"]


async def test_a_dry_run_tells_in_one_sentence_and_sends_nothing(desk: Desk) -> None:
    """Points before and after, and what becomes of the suspension; it then comes true."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}/overturn"
    foreseen = (await desk.post(path, overturn(strike), dry_run=True)).json()["data"]
    assert foreseen["dry_run"] is True
    assert foreseen["sentence"].startswith("the account goes from 6 to 2 points")
    assert "falls away (overturned)" in foreseen["sentence"]
    assert desk.world.sent == []
    made = (await desk.post(path, overturn(strike), wait="true")).json()["data"]
    assert made["standing"]["active_points"] == foreseen["after"]["active_points"]


async def test_a_stale_decision_is_told_what_has_changed(desk: Desk) -> None:
    """409 with the version that is there, and who did what; it is sent for the record, a dry run isn't."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}"
    confirmed = {"verb": "confirm", "version": strike["version"], "reason": "plain to see"}
    assert (await desk.post(f"{path}/decisions", confirmed, "bea", wait="true")).status_code == 200
    count = len(desk.world.sent)
    every: tuple[dict[str, Any], ...] = ({}, {"dry_run": True})
    for params in every:
        answer = await desk.post(f"{path}/overturn", overturn(strike), **params)
        assert answer.status_code == 409, answer.text
        problem = answer.json()
        assert problem["type"] == "urn:goodstanding:problem:stale"
        assert problem["current_version"] == strike["version"] + 1
        assert [change["actor"] for change in problem["changes"]] == ["bea"] * len(problem["changes"])
        assert any("confirmed by bea" in change["sentence"] for change in problem["changes"])
    assert len(desk.world.sent) == count + 1


async def test_a_stale_decision_tells_nothing_of_what_the_account_reported(desk: Desk) -> None:
    """Its own reports are withheld from changes as they are from its audit trail."""
    standing = await desk.standing()
    await desk.world.advance(day(41))
    found = finding("no-spam", "s1", 1)
    await desk.world.tell(post_signal("ann", posted("ann", "p-9", found), day(41)))
    await desk.world.tell(report_signal("ann", "report-of-ann", "bob", day(41), post="p-9"))
    body = {"version": standing["version"], "reason": "for the record", "verb": "link", "other": "cat"}
    answer = await desk.post("/v1/accounts/ann/decisions", body)
    assert answer.status_code == 409, answer.text
    sentences = [change["sentence"] for change in answer.json()["changes"]]
    assert sentences, answer.text
    assert not any("report" in one for one in sentences), sentences


async def test_a_stale_decision_takes_its_key_so_that_a_corrected_one_is_not_lost(desk: Desk) -> None:
    """Under the same key the 409 is repeated, and a corrected request refused; with a new key it counts."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}"
    confirmed = {"verb": "confirm", "version": strike["version"], "reason": "plain to see"}
    assert (await desk.post(f"{path}/decisions", confirmed, "bea", wait="true")).status_code == 200
    stale = await desk.post(f"{path}/overturn", overturn(strike), key="k-4")
    again = await desk.post(f"{path}/overturn", overturn(strike), key="k-4")
    assert (stale.status_code, again.status_code) == (409, 409)
    assert again.json() == stale.json()
    assert again.headers["idempotency-replayed"] == "true"
    told = (await desk.client.get(f"/v1/decisions/{stale.json()['decision']}")).json()["data"]
    assert told["status"] == "refused"
    corrected = overturn({"version": strike["version"] + 1})
    reused = await desk.post(f"{path}/overturn", corrected, key="k-4")
    assert (reused.status_code, reused.json()["type"]) == (422, "urn:goodstanding:problem:key-reused")
    assert (await desk.post(f"{path}/overturn", corrected, key="k-5", wait="true")).status_code == 200


async def test_lifting_a_sanction_hides_no_earlier_change_of_it(desk: Desk) -> None:
    """It raises no version: whoever saw the first one is told of both what came then and of the end."""
    sanctions = (await desk.client.get("/v1/sanctions", who="ada", account="ann", kind="suspension")).json()
    seen = sanctions["data"][0]
    path = f"/v1/sanctions/{seen['sanction']}"
    longer = {"verb": "extend", "version": seen["version"], "reason": "r", "until": "2035-01-01T00:00:00Z"}
    assert (await desk.post(f"{path}/decisions", longer, "bea", wait="true")).status_code == 200
    lift = {"version": seen["version"] + 1, "reason": "r"}
    assert (await desk.post(f"{path}/lift", lift, "bea", wait="true")).status_code == 200
    stale = await desk.post(f"{path}/lift", {"version": seen["version"], "reason": "r"})
    assert stale.status_code == 409, stale.text
    told = [change["sentence"] for change in stale.json()["changes"]]
    assert any("2035" in one for one in told), told
    assert len(told) == 2


async def test_of_two_at_the_same_version_one_is_told_that_the_other_won(desk: Desk) -> None:
    """Both were sent before either was decided: enforcement has the last word."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}/overturn"
    desk.world.held = True
    both = [asyncio.create_task(desk.post(path, overturn(strike), who, wait="5")) for who in ("ada", "bea")]
    await until(lambda: len(desk.world.sent) == 2, "both were sent")
    await desk.world.release()
    answers = [await one for one in both]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (lost,) = (answer.json() for answer in answers if answer.status_code == 409)
    assert lost["code"] in {"stale", "already_done"}
    told = (await desk.client.get(f"/v1/decisions/{lost['decision']}", who="reader")).json()["data"]
    assert told["status"] == "refused"


async def test_the_same_key_repeats_the_first_answer(desk: Desk) -> None:
    """Byte for byte, and nothing is sent a second time; with another body it is refused."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}/overturn"
    first = await desk.post(path, overturn(strike), key="k-1", wait="true")
    again = await desk.post(path, overturn(strike), key="k-1", wait="true")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(desk.world.sent) == 1
    other = await desk.post(path, overturn(strike, "another reason"), key="k-1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:goodstanding:problem:key-reused")
    theirs = await desk.post(path, overturn(strike), "bea", key="k-1", wait="true")
    assert theirs.status_code == 409, "another person's key is another key"


async def test_a_decision_whose_sending_broke_off_is_sent_again_under_its_own_id(desk: Desk) -> None:
    """503 leaves it open whether the log has it; asking again is safe, whichever it was."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}/overturn"
    real = desk.world.tell

    async def taken_and_broken(*signals: Any) -> None:
        await real(*signals)
        raise ConnectionResetError("gone")

    desk.world.tell = taken_and_broken  # type: ignore[method-assign]  # a log that fails after it has taken
    broken = await desk.post(path, overturn(strike), key="k-2", wait="true")
    assert (broken.status_code, broken.headers["retry-after"]) == (503, "2")
    await desk.world.advance(day(41))  # the same request later is the same decision
    desk.world.tell = real  # type: ignore[method-assign]  # and is well again
    again = await desk.post(path, overturn(strike), key="k-2", wait="true")
    assert again.status_code == 200, again.text
    first, second = (json.loads(value) for value in desk.world.sent)
    assert (first["id"], first["time"]) != (second["id"], second["time"])
    assert first["id"] == second["id"]


async def test_what_enforcement_refuses_is_answered_by_what_it_means(desk: Desk) -> None:
    """What isn't there is 404, what keeps to no rule 422; each with the ledger's own remedy."""
    standing = await desk.standing()
    body = {
        "version": standing["version"],
        "reason": "r",
        "sanction_kind": "suspension",
        "guideline": "no-such",
        "until": "2999-01-01T00:00:00Z",
    }
    answer = await desk.post("/v1/accounts/ann/sanctions", body, wait="true")
    assert answer.status_code in {404, 422}
    assert answer.json()["decision"]
    assert answer.json()["remedy"]
    assert (await desk.post("/v1/strikes/none/overturn", {"version": 1, "reason": "r"})).status_code == 404


async def test_reason_and_version_are_compulsory_and_what_is_not_known_is_refused(desk: Desk) -> None:
    """422 with each thing that is wrong; nothing is sent."""
    strike = await desk.strike()
    path = f"/v1/strikes/{strike['strike']}/overturn"
    whole = overturn(strike)
    for body in (
        {name: value for name, value in whole.items() if name != "reason"},
        {name: value for name, value in whole.items() if name != "version"},
        {**whole, "reason": ""},
        {**whole, "actor": {"id": "somebody-else"}},
        {**whole, "verb": "waive"},
    ):
        answer = await desk.post(path, body)
        assert answer.status_code == 422
        assert answer.json()["faults"]
    assert (await desk.post(path, whole, wait="soon")).status_code == 422
    assert desk.world.sent == []


async def test_a_sanction_by_hand_is_foreseen_and_imposed(desk: Desk) -> None:
    """Its end is told before it is there."""
    standing = await desk.standing()
    body = {
        "version": standing["version"],
        "reason": "until it is sorted out",
        "sanction_kind": "posting_restriction",
        "guideline": "no-spam",
        "until": "2030-04-01T00:00:00Z",
    }
    foreseen = await desk.post("/v1/accounts/ann/sanctions", body, dry_run=True)
    assert "a posting restriction starts" in foreseen.json()["data"]["sentence"], foreseen.text
    made = await desk.post("/v1/accounts/ann/sanctions", body, wait="true")
    assert made.status_code == 200, made.text
    assert "posting" in " ".join((await desk.standing())["restrictions"])


async def test_several_decisions_succeed_and_fail_each_on_its_own(desk: Desk) -> None:
    """One batch; those that are refused stand beside those that are not, each with its place."""
    strikes = [await desk.strike(0), await desk.strike(1)]
    items = [
        {"about": "strike", "id": strike["strike"], "decision": {"verb": "overturn", **overturn(strike)}}
        for strike in strikes
    ]
    bad = {"about": "strike", "id": "none", "decision": {"verb": "overturn", "version": 1, "reason": "r"}}
    odd = {"about": "strike", "id": strikes[0]["strike"], "decision": {"verb": "dance"}}
    body = {"decisions": [items[0], bad, items[0], odd, items[1]]}
    answer = await desk.post("/v1/decisions", body, key="k-3", wait="true")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one["index"] for one in told["succeeded"]] == [0, 4]
    assert [(one["index"], one["problem"]["status"]) for one in told["failed"]] == [
        (1, 404),
        (2, 409),
        (3, 422),
    ]
    assert told["batch"]
    assert (await desk.post("/v1/decisions", body, key="k-3", wait="true")).json()["batch"] == told["batch"]
    assert len(desk.world.sent) == 3, "the stale one is sent for the record; asked again, none is"
