"""The API over a real PostgreSQL: what it answers, to whom, and what it keeps to itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events import ledger, signals
from events.ids import account_entity
from projections import fold
from services.keys import READ, REPORTERS, RESTRICTED
from services.runtime import postgres
from tests.support.api import Client, asked
from tests.support.entries import (
    CLOCK,
    PERSON,
    POLICY,
    T0,
    Ledger,
    case_finding,
    report_folded,
    sanction_imposed,
    strike_issued,
)
from tests.support.policies import small_policy
from tests.support.projecting import apply, migrated

pytestmark = pytest.mark.kafka

HOLDERS = {"reader": (READ,), "investigator": (READ, REPORTERS), "trusted": (READ, RESTRICTED), "nobody": ()}
REPORTER = "acc-reporter"


def reported(kind: str, entity: str) -> signals.Signal:
    """A signal about the report, on its way from the reporter to the subject."""
    shared: dict[str, Any] = {
        "report": "report-1",
        "reporter": REPORTER,
        "subject_account": "ann",
        "post": "post-9",
        "revision": 1,
        "reason": "no-spam",
        "content_ref": None,
        "reason_ref": None,
    }
    body: signals.Body = signals.ReportFiled(**shared)
    cause = "event-report"
    if kind == "weighed":
        body = signals.ReportWeighed(by_email=False, weight=1000, **shared)
        cause = "signal-filed"
    actor = signals.Actor("account", REPORTER)
    origin = signals.Origin("reports", 0, 3, "event-report", "report.filed")
    identity = f"signal-{kind}"
    return signals.Signal(identity, entity, T0, T0, actor, cause, "event-report", POLICY, body, origin)


def history() -> list[Any]:
    """An account with two strikes, a suspension, a report that somebody filed, and a restricted case."""
    made = Ledger()
    made.add("ann", strike_issued("strike-1", T0))
    made.add(
        "ann",
        strike_issued("strike-2", T0),
        sanction_imposed("sanction-1", T0, strikes=("strike-1", "strike-2")),
    )
    weighed = reported("weighed", account_entity("ann"))
    made.add(
        REPORTER,
        ledger.ReportNoted("report-1", "ann", "forwarded", 1000, T0),
        cause=reported("filed", account_entity(REPORTER)),
        emitted=(weighed,),
    )
    made.add(
        "ann",
        ledger.CaseOpened("case-1", "post:post-9", "report", False, "reported as no-spam", T0),
        report_folded("report-1", "case-1", T0),
        ledger.CaseUpdated("case-1", 1, T0, finding=case_finding("post-9", T0)),
        cause=weighed,
    )
    made.add("ann", ledger.CaseOpened("case-2", "post:post-8", "restricted", True, "to be kept close", T0))
    made.add("ann", ledger.StrikeConfirmed("strike-1", PERSON, T0, POLICY))
    made.add(
        "ann", ledger.StrikeExpired("strike-2", T0 + timedelta(days=90)), ledger.NoteAdded(None, CLOCK, T0)
    )
    made.add("ann", ledger.CaseUpdated("case-2", 2, T0, note_ref="note-1", actor=PERSON))
    return made.entries


@pytest.fixture
async def client(database: str, tmp_path: Path) -> AsyncIterator[Client]:
    """An API over the history."""
    await migrated(database)
    await apply(database, history())
    pool = await postgres.pool(database)
    try:
        async with asked(pool, tmp_path, HOLDERS, {POLICY: small_policy()}) as made:
            yield made
    finally:
        await pool.close()


async def test_a_standing_comes_with_strikes_sanctions_and_ledger_positions(client: Client) -> None:
    """One answer tells where an account stands, and up to where that is known."""
    answer = (await client.get("/v1/accounts/ann/standing")).json()
    now = answer["data"]["now"]
    assert [strike["strike"] for strike in now["strikes"]] == ["strike-2", "strike-1"] or len(
        now["strikes"]
    ) == 2
    assert now["sanctions"][0]["sanction"] == "sanction-1"
    assert answer["positions"]["next"] == {"0": 8}


async def test_as_of_answers_both_ways_and_says_which(client: Client) -> None:
    """What was known then, and what held then by what is known today."""
    answer = (
        await client.get("/v1/accounts/ann/standing", as_of=(T0 + timedelta(seconds=5)).isoformat())
    ).json()
    data = answer["data"]
    assert data["now"] is None
    assert (data["as_recorded"]["reading"], data["in_effect"]["reading"]) == ("as_recorded", "in_effect")
    assert len(data["as_recorded"]["strikes"]) == 1
    assert len(data["in_effect"]["strikes"]) == 2


async def test_pages_are_walked_by_key_to_their_end_without_gap_or_repetition(client: Client) -> None:
    """`next` is all that a reader needs."""
    for path, key in (
        ("/v1/strikes", "strike"),
        ("/v1/cases", "case_id"),
        ("/v1/accounts/ann/audit", "sequence"),
    ):
        seen, after = [], None
        while True:
            page = (
                await client.get(path, who="trusted", limit=1, **({"after": after} if after else {}))
            ).json()
            seen += [row[key] for row in page["data"]]
            after = page["next"]
            if after is None:
                break
        whole = (await client.get(path, who="trusted")).json()["data"]
        assert seen == [row[key] for row in whole]
        assert len(set(seen)) == len(seen) > 1


async def test_lists_are_narrowed_by_what_is_asked_for(client: Client) -> None:
    """Filters name the columns of the answer."""
    active = (await client.get("/v1/strikes", status="active", account="ann")).json()["data"]
    assert [row["strike"] for row in active] == ["strike-1"]
    assert (await client.get("/v1/sanctions", kind="warning")).json()["data"] == []


async def test_an_explanation_names_guideline_text_evidence_points_and_chain(client: Client) -> None:
    """Why there is a strike, without reading logs."""
    data = (await client.get("/v1/explain/strike-1")).json()["data"]
    assert data["guideline_text"]["text"] == "The text of no-spam."
    assert data["policy_version"] == POLICY
    assert data["evidence"]["rule"] == "no-spam.links"
    assert (data["points_before"], data["chain"][0]["cause_kind"]) == (0, "post_screened")
    assert data["origin"]["topic"] == "posts"


async def test_a_reporter_is_named_only_to_keys_that_may_see_it(client: Client) -> None:
    """Neither in the case nor anywhere in the audit trail, on either side."""
    paths = (
        "/v1/cases/case-1",
        "/v1/accounts/ann/audit",
        "/v1/accounts/ann/standing",
        "/v1/cases",
        "/v1/explain/strike-1",
    )
    for path in paths:
        assert REPORTER not in (await client.get(path)).text
    assert (await client.get("/v1/cases/case-1", who="investigator")).json()["data"]["reports"][0][
        "reporter"
    ] == REPORTER
    assert REPORTER in (await client.get("/v1/accounts/ann/audit", who="investigator")).text


async def test_the_reporters_own_audit_trail_does_not_tell_what_was_reported(client: Client) -> None:
    """Nothing in it leads to the subject's side: no id, no account, no position of the cause."""
    own = (await client.get(f"/v1/accounts/{REPORTER}/audit")).json()["data"]
    assert [row["sequence"] for row in own] == [1]
    assert own[0]["withheld"] is not None
    text = json.dumps(own)
    for told in ("ann", "report-1", "post-9", "event-report", "signal-weighed", "signal-filed"):
        assert told not in text
    shown = (await client.get(f"/v1/accounts/{REPORTER}/audit", who="investigator")).json()["data"]
    assert shown[0]["entry"]["outcomes"][0]["subject_account"] == "ann"


async def test_restricted_cases_need_a_capability_of_their_own(client: Client) -> None:
    """In the list they are missing; asked for by name they are refused, with the capability's name."""
    assert [row["case_id"] for row in (await client.get("/v1/cases")).json()["data"]] == ["case-1"]
    refused = await client.get("/v1/cases/case-2")
    assert refused.status_code == 403
    assert RESTRICTED in refused.json()["remedy"]
    assert (await client.get("/v1/cases/case-2", who="trusted")).status_code == 200


async def test_the_audit_trail_withholds_what_is_about_a_restricted_case(client: Client) -> None:
    """Opening it, what is added and what is decided; the entries keep their places and hashes."""
    shown = (await client.get("/v1/accounts/ann/audit")).json()["data"]
    assert [row["sequence"] for row in shown if RESTRICTED in (row["withheld"] or "")] == [7, 4]
    for told in ("case-2", "to be kept close", "post-8", "note-1"):
        assert told not in json.dumps(shown)
    assert [row["sequence"] for row in shown] == [7, 6, 5, 4, 3, 2, 1]
    whole = (await client.get("/v1/accounts/ann/audit", who="trusted")).json()["data"]
    assert "case-2" in json.dumps(whole)
    assert [row["sha256"] for row in whole] == [row["sha256"] for row in shown]


async def test_what_nobody_knows_is_a_problem_with_a_remedy(client: Client) -> None:
    """404 for accounts, cases, strikes; never an empty answer that looks like a clean record."""
    for path in ("/v1/accounts/zoe/standing", "/v1/accounts/zoe/audit", "/v1/cases/none", "/v1/explain/none"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["remedy"]
        assert answer.json()["instance"] == path


async def test_a_page_that_cannot_be_is_refused_by_name(client: Client) -> None:
    """A made-up place to go on from, and a limit without end."""
    for path, params in (
        ("/v1/strikes", {"after": "x"}),
        ("/v1/accounts/ann/audit", {"after": "x"}),
        ("/v1/strikes", {"limit": 100_000}),
        ("/v1/accounts/ann/standing", {"as_of": "yesterday"}),
    ):
        answer = await client.get(path, **params)
        assert answer.status_code == 422
        assert answer.json()["remedy"]


async def test_tables_of_another_version_are_not_ready_to_be_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have other columns; the operator is told what fills new ones."""
    monkeypatch.setattr(fold, "VERSION", fold.VERSION + 1)
    answer = await client.http.get("/ready")
    assert answer.status_code == 503
    assert "run `goodstanding projections rebuild`" in answer.json()["reasons"][0]


async def test_ready_says_whether_there_are_projections(
    client: Client, database: str, tmp_path: Path
) -> None:
    """Ready over this database; not over one whose migrations haven't run."""
    assert (await client.http.get("/ready")).json() == {"stage": "api", "ready": True, "reasons": []}
    assert (await client.http.get("/live")).json()["live"] is True
    assert "goodstanding" in (await client.http.get("/metrics")).text
    empty = await postgres.pool(database.rsplit("/", 1)[0] + "/postgres")
    try:
        async with asked(empty, tmp_path / "other", HOLDERS, {}) as other:
            answer = await other.http.get("/ready")
            assert answer.status_code == 503
            assert answer.json()["reasons"]
            assert (await other.get("/v1/strikes")).status_code == 503
    finally:
        await empty.close()


def close_history() -> list[Any]:
    """An account whose strike and suspension came of a restricted case, with a report and an appeal."""
    made = Ledger()
    made.add(
        "cat",
        ledger.CaseOpened("case-3", "post:strike-3", "restricted", True, "to be kept close", T0),
        strike_issued("strike-3", T0),
        sanction_imposed("sanction-3", T0, strikes=("strike-3",)),
        report_folded("report-3", "case-3", T0),
    )
    made.add("cat", strike_issued("strike-4", T0))
    made.add("cat", ledger.CaseUpdated("case-3", 1, T0, note_ref="note-3", actor=PERSON))
    filed = ledger.AppealFiled(
        "appeal-3",
        "a-3",
        "strike-3",
        "strike",
        "account",
        ("strike-3",),
        "text-3",
        T0 + timedelta(days=9),
        T0,
    )
    made.add("cat", filed)
    return made.entries


async def test_what_came_of_a_restricted_case_is_shown_without_what_led_to_it(
    database: str, tmp_path: Path
) -> None:
    """Strike, sanction, appeal and explanation: no evidence, texts or chain; what is beside it is whole."""
    await migrated(database)
    await apply(database, close_history())
    pool = await postgres.pool(database)
    try:
        async with asked(pool, tmp_path, HOLDERS, {POLICY: small_policy()}) as client:

            async def told(path: str, who: str) -> Any:
                answer = await client.get(path, who=who)
                assert answer.status_code == 200, answer.text
                return answer.json()["data"]

            for who, close in (("reader", True), ("trusted", False)):
                explained = await told("/v1/explain/strike-3", who)
                assert (explained["evidence"] is None) == (explained["chain"] == []) == close
                assert (explained["withheld"] is not None) == (explained["origin"] is None) == close
                assert (explained["strike"]["evidence"] is None) == close
                sanction = await told("/v1/explain/sanction-3", who)
                assert [one["evidence"] is None for one in sanction["strikes"]] == [close]
                assert ((await told("/v1/strikes/strike-3", who))["evidence"] is None) == close
                assert ((await told("/v1/appeals/appeal-3", who))["text_ref"] is None) == close
                assert [one["text_ref"] is None for one in await told("/v1/appeals", who)] == [close]
                rows = await told("/v1/strikes", who)
                expected = {"strike-3": close, "strike-4": False}
                assert {one["strike"]: one["evidence"] is None for one in rows} == expected
                now = (await told("/v1/accounts/cat/standing", who))["now"]
                assert {one["strike"]: one["evidence"] is None for one in now["strikes"]} == expected
                assert (await told("/v1/explain/strike-4", who))["chain"]
    finally:
        await pool.close()


async def test_referrals_are_for_those_who_may_see_restricted_cases(database: str, tmp_path: Path) -> None:
    """Narrowed by whom they are about and how they stand; 403 for all others."""
    made = Ledger()
    for number, emergency in enumerate((False, True)):
        name = f"{number}"
        review = T0 + timedelta(days=1) if emergency else None
        made.add(
            "cat",
            ledger.ReferralProposed(
                f"r-{name}", f"c-{name}", "case-3", emergency, ("p-1",), (), PERSON, "reason", review, T0
            ),
        )
    made.add("cat", ledger.ReferralSettled("r-0", "dismissed", PERSON, "reason", T0))
    await migrated(database)
    await apply(database, made.entries)
    pool = await postgres.pool(database)
    try:
        async with asked(pool, tmp_path, HOLDERS, {POLICY: small_policy()}) as client:
            assert (await client.get("/v1/referrals")).status_code == 403
            for chosen, expected in (
                ({}, ["r-1", "r-0"]),
                ({"status": "proposed"}, ["r-1"]),
                ({"emergency": False}, ["r-0"]),
                ({"overdue": True}, []),
                ({"account": "bob"}, []),
            ):
                answer = await client.get("/v1/referrals", who="trusted", **chosen)
                assert [one["referral"] for one in answer.json()["data"]] == expected
            assert await pool.fetchval("SELECT count(*) FROM desk.access_log WHERE result = 'seen'") == 4
    finally:
        await pool.close()
