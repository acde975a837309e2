"""What else the API answers, and what its access log keeps of who asked, over a real PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from events.contents import Content, encode_content
from events.dead_letters import DeadLetter, DeadReason
from services.keys import CONTENTS, READ, READ_AUDIT, READ_DEAD, REPORTERS, RESTRICTED
from services.projecting import contents
from services.runtime import postgres
from tests.contract.test_api import REPORTER, history
from tests.support.api import Client, Letters, asked, parts_over
from tests.support.entries import PERSON, POLICY, T0
from tests.support.policies import small_policy
from tests.support.projecting import apply, connected, migrated

pytestmark = pytest.mark.kafka

HOLDERS = {
    "reader": (READ,),
    "investigator": (READ, REPORTERS),
    "trusted": (READ, RESTRICTED, READ_AUDIT),
    "auditor": (READ_AUDIT, READ),
    "writer": (CONTENTS,),
    "postmaster": (READ_DEAD,),
}
WRITTEN = "I know where the bodies are buried"


def letter(offset: int, code: Any = "json_invalid") -> tuple[DeadLetter, Any]:
    """Refused input."""
    reason = DeadReason(code, "value", "JSON", "something else", "send JSON")
    at = int(T0.timestamp() * 1000) + offset
    record = SimpleNamespace(
        partition=0,
        offset=offset,
        timestamp=at,
        key=b"ann",
        value=f"{WRITTEN} {offset}".encode(),
        headers=(),
    )
    return DeadLetter(reason, "posts", 1, 7, at), record


@pytest.fixture
async def client(database: str, tmp_path: Path) -> AsyncIterator[Client]:
    """An API over the history that all tests of it share, some contents, and three dead letters."""
    await migrated(database)
    await apply(database, history())
    content = Content("ref-1", "ann", "post", WRITTEN, T0, T0, post="post-9", revision=1)
    kept = Content("ref-2", "ann", "post", WRITTEN, T0, T0, post="post-8", revision=1)
    note = Content("note-1", "ann", "note", WRITTEN, T0, T0)
    reason = Content("reason-1", REPORTER, "reason", WRITTEN, T0, T0)
    every = (content, kept, note, reason)
    async with connected(database) as connection:
        await contents._put(connection, [(one.ref, one, encode_content(one)) for one in every])
    pool = await postgres.pool(database)
    parts = parts_over(pool, {POLICY: small_policy()}, refused=Letters(*map(letter, range(3))))
    try:
        async with asked(pool, tmp_path, HOLDERS, {}, parts) as made:
            yield made
    finally:
        await pool.close()


async def seen(client: Client, **chosen: object) -> list[Any]:
    """The access log, without what time tells."""
    rows = (await client.get("/v1/access-log", who="auditor", **chosen)).json()["data"]
    return [{name: row[name] for name in row if name not in {"id", "at"}} for row in rows]


async def test_every_noun_is_answered_by_its_id_and_404_says_what_to_try(client: Client) -> None:
    """Strikes, sanctions, reports; and what there is not of each."""
    found = {
        "/v1/strikes/strike-1": "strike",
        "/v1/sanctions/sanction-1": "sanction",
        "/v1/reports/report-1": "report",
    }
    for path, key in found.items():
        answer = (await client.get(path)).json()
        assert answer["data"][key] == path.rpartition("/")[2]
        assert answer["positions"]["next"] == {"0": 8}
    for path in (
        *("/v1/strikes/x", "/v1/sanctions/x", "/v1/reports/x", "/v1/appeals/x"),
        "/v1/policies/xxxx",
    ):
        answer = await client.get(path)
        assert (answer.status_code, bool(answer.json()["remedy"])) == (404, True)


async def test_a_nul_is_answered_as_a_fault_of_who_asks(client: Client) -> None:
    """PostgreSQL has no text with one."""
    for path, chosen in (("/v1/strikes/%00", {}), ("/v1/cases", {"account": "\0"}), ("/v1/explain/%00", {})):
        answer = await client.get(path, **chosen)
        assert (answer.status_code, bool(answer.json()["remedy"])) == (422, True)


async def test_lists_are_narrowed_by_everything_that_they_can_be(client: Client) -> None:
    """Each filter leaves out what it must, and nothing else."""
    later = (T0 + timedelta(days=1)).isoformat()
    for path, chosen, count in (
        ("/v1/strikes", {"severity": 1}, 2),
        ("/v1/strikes", {"severity": 2}, 0),
        ("/v1/strikes", {"points_min": 3}, 0),
        ("/v1/strikes", {"automated": True}, 2),
        ("/v1/strikes", {"automated": False}, 0),
        ("/v1/strikes", {"actor": PERSON.id}, 1),
        ("/v1/strikes", {"appealed": True}, 0),
        ("/v1/strikes", {"since": later}, 0),
        ("/v1/strikes", {"until": later}, 2),
        ("/v1/sanctions", {"automated": True, "appealed": False}, 1),
        ("/v1/sanctions", {"guideline": "privacy"}, 0),
        ("/v1/sanctions", {"until": later}, 1),
        ("/v1/cases", {"guideline": "no-spam"}, 1),
        ("/v1/cases", {"guideline": "privacy"}, 0),
        ("/v1/cases", {"severity_min": 4}, 0),
        ("/v1/cases", {"since": later}, 0),
        ("/v1/reports", {"account": "ann"}, 1),
        ("/v1/reports", {"account": "bob"}, 0),
        ("/v1/reports", {"case": "case-1", "settled": False}, 1),
        ("/v1/reports", {"guideline": "privacy"}, 0),
        ("/v1/reports", {"settled": True}, 0),
        ("/v1/appeals", {"account": "ann", "status": "pending", "guideline": "no-spam"}, 0),
    ):
        answer = await client.get(path, **chosen)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == count, (path, chosen)


async def test_reports_name_no_reporter_and_cannot_be_asked_for_by_one(client: Client) -> None:
    """Neither in a list nor by id; asking by reporter needs the capability to see them."""
    for path in ("/v1/reports", "/v1/reports/report-1"):
        assert REPORTER not in (await client.get(path)).text
        assert REPORTER in (await client.get(path, who="investigator")).text
    assert (await client.get("/v1/reports", reporter=REPORTER)).status_code == 403
    asked_for = await client.get("/v1/reports", who="investigator", reporter=REPORTER)
    assert len(asked_for.json()["data"]) == 1


async def test_the_audit_trail_is_searched_by_account_or_person(client: Client) -> None:
    """Not as a whole; what is close to a restricted case stays withheld."""
    assert (await client.get("/v1/audit-entries", who="auditor")).status_code == 422
    of_account = (await client.get("/v1/audit-entries", who="auditor", account="ann")).json()["data"]
    assert [row["sequence"] for row in of_account] == [7, 6, 5, 4, 3, 2, 1]
    assert "case-2" not in json.dumps(of_account)
    narrowed = await client.get(
        "/v1/audit-entries", who="auditor", account="ann", outcome="strike_issued", cause="post_screened"
    )
    assert [row["sequence"] for row in narrowed.json()["data"]] == [2, 1]
    whole = (await client.get("/v1/audit-entries", who="trusted", account="ann")).json()["data"]
    assert "case-2" in json.dumps(whole)
    walked, after = [], None
    while True:
        page = (
            await client.get(
                "/v1/audit-entries",
                who="auditor",
                account="ann",
                limit=2,
                **({"after": after} if after else {}),
            )
        ).json()
        walked += [row["sequence"] for row in page["data"]]
        after = page["next"]
        if after is None:
            break
    assert walked == [7, 6, 5, 4, 3, 2, 1]
    assert (await client.get("/v1/audit-entries", who="auditor", account="ann", after="x")).status_code == 422


async def test_policies_are_listed_with_what_is_in_force_and_shown_whole(client: Client) -> None:
    """By version or its first digits."""
    (only,) = (await client.get("/v1/policies")).json()["data"]
    assert (only["version"], only["in_force"], only["sequences"]) == (POLICY, True, [0])
    whole = (await client.get(f"/v1/policies/{POLICY[:6]}")).json()
    assert whole["policy"]["ladder"][0]["points"] == 3


async def test_what_people_wrote_needs_a_capability_and_looking_is_noted(client: Client) -> None:
    """The row says who, what for and about whom; never what was read."""
    answer = await client.get("/v1/contents/ref-1", who="writer")
    assert answer.json()["data"]["text"] == WRITTEN
    (row,) = await seen(client, account="ann", result="seen")
    assert (row["actor"], row["capability"], row["route"]) == ("writer", CONTENTS, "/v1/contents/{ref}")
    assert WRITTEN not in json.dumps(await seen(client))
    assert (await client.get("/v1/contents/none", who="writer")).status_code == 404
    # The post of a restricted case is as restricted as the case, and so is what was noted there.
    for ref in ("ref-2", "note-1"):
        assert (await client.get(f"/v1/contents/{ref}", who="writer")).status_code == 403
    # What a reporter wrote is as close as the case that the report came to: here anybody's.
    assert (await client.get("/v1/contents/reason-1", who="writer")).status_code == 200


async def test_every_look_at_a_reporter_or_a_restricted_case_is_noted(client: Client) -> None:
    """On whatever path it is seen; a look that shows neither is not."""
    paths = ("/v1/cases/case-1", "/v1/accounts/ann/audit", "/v1/reports", "/v1/reports/report-1")
    for path in (*paths, "/v1/cases"):
        assert (await client.get(path)).status_code == 200
    assert await seen(client, result="seen") == []
    for path in paths:
        await client.get(path, who="investigator")
    rows = await seen(client, actor="investigator")
    assert {row["capability"] for row in rows} == {REPORTERS}
    assert {row["account"] for row in rows} == {"ann"}
    assert len(rows) == len(paths)
    for path in ("/v1/cases/case-2", "/v1/cases", "/v1/accounts/ann/audit"):
        await client.get(path, who="trusted")
    rows = await seen(client, case="case-2")
    routes = [row["route"] for row in rows]
    assert routes == ["/v1/accounts/{account}/audit", "/v1/cases", "/v1/cases/{case_id}"]
    assert {(row["actor"], row["capability"]) for row in rows} == {("trusted", RESTRICTED)}


async def test_every_refusal_is_noted_and_those_of_nobody_share_a_row(client: Client) -> None:
    """401 and 403, with the capability that was lacking and what was asked for; a guess names no account."""
    assert (await client.get("/v1/cases/case-2")).status_code == 403
    assert (await client.get("/v1/access-log")).status_code == 403
    for _ in range(3):
        assert (await client.http.get("/v1/accounts/ann/standing")).status_code == 401
    by_case, by_log = await seen(client, case="case-2"), await seen(client, actor="reader")
    (refused,) = by_case
    assert (refused["result"], refused["status"], refused["capability"]) == ("refused", 403, RESTRICTED)
    assert {row["capability"] for row in by_log} == {RESTRICTED, READ_AUDIT}
    nobody = [row for row in await seen(client, result="refused") if row["actor"] is None]
    assert sum(row["times"] for row in nobody) == 3
    assert len(nobody) <= 2, "a minute may have passed between them"
    assert {row["account"] for row in nobody} == {None}


async def test_what_cannot_be_noted_is_not_shown(client: Client, database: str) -> None:
    """Without its log, personal data stays where it is; a refusal stands all the same."""
    async with connected(database) as connection:
        await connection.execute("ALTER TABLE desk.access_log RENAME TO elsewhere")
    shown = await client.get("/v1/contents/ref-1", who="writer")
    assert (shown.status_code, WRITTEN in shown.text) == (503, False)
    assert (await client.get("/v1/cases/case-2")).status_code == 403


async def test_dead_letters_are_listed_without_what_they_hold(client: Client) -> None:
    """The latest first; one is shown with its bytes, and that is noted."""
    page = (await client.get("/v1/dead-letters", who="postmaster", limit=2)).json()
    assert [row["place"] for row in page["data"]] == ["0:2", "0:1"]
    assert WRITTEN not in json.dumps(page)
    rest = (await client.get("/v1/dead-letters", who="postmaster", limit=2, after=page["next"])).json()
    assert ([row["place"] for row in rest["data"]], rest["next"]) == (["0:0"], None)
    assert (await client.get("/v1/dead-letters", who="postmaster", code="too_old")).json()["data"] == []
    whole = (await client.get("/v1/dead-letters/0:1", who="postmaster")).json()
    assert (whole["key"], WRITTEN in whole["value"], whole["reason"]["remedy"]) == ("ann", True, "send JSON")
    assert [row["capability"] for row in await seen(client, actor="postmaster")] == [READ_DEAD]
    assert (await client.get("/v1/dead-letters/0:9", who="postmaster")).status_code == 404


async def test_one_dead_letter_is_found_however_many_are_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is refused beyond its bound, with what to do; one record is read at its place."""
    monkeypatch.setattr("services.api.nouns.LETTERS_READ_MAX", 1)
    assert (await client.get("/v1/dead-letters", who="postmaster")).status_code == 422
    assert (await client.get("/v1/dead-letters/0:1", who="postmaster")).status_code == 200
