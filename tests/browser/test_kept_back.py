"""What the console keeps back, what it notes, and what its forms really send; without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from events.capabilities import DECIDE_APPEALS
from events.codec import decode_entry
from services.api.console import reviews
from services.keys import CONTENTS, DECIDE, READ, new_key
from services.runtime import reading
from services.sentences import sentence
from tests.browser.conftest import in_a_thread
from tests.browser.stage import Served
from tests.support.projecting import connected

pytestmark = pytest.mark.kafka

Fields = dict[str, str]


class FormOf(HTMLParser):
    """The fields of the form that decides, as they are rendered: what is typed in has to be among them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._within = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field with what is in it already."""
        given = {name: value or "" for name, value in attrs}
        self._within = self._within or given.get("id") == "decision"
        unasked = given.get("type") in {"radio", "checkbox"}
        if self._within and tag in {"input", "select", "textarea"} and (not unasked or "checked" in given):
            self.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """The form is over."""
        self._within = self._within and tag != "form"

    def filled(self, do: str, **own: str) -> Fields:
        """The form with an action chosen and its fields filled in."""
        typed = {f"{do}.{name}": value for name, value in own.items()}
        assert typed.keys() <= self.fields.keys(), typed
        return {**self.fields, **typed, "do": do, "reason": "because it is so"}


class Desk:
    """Somebody at the console."""

    def __init__(self, console: Served, key: str) -> None:
        self.http = httpx.Client(base_url=console.address)
        self.http.post("/sign-in", data={"key": key})

    def page(self, path: str) -> str:
        """A page's text."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def form(self, path: str) -> FormOf:
        """The form that decides on a page."""
        return FormOf(self.page(path))

    def csrf(self) -> str:
        """The session's token, as every page has it."""
        _, _, after = self.page("/queue").partition('name="csrf" value="')
        return after.partition('"')[0]

    def decide(self, fields: Fields) -> httpx.Response:
        """Send the form."""
        return self.http.post("/decisions", data=fields, timeout=20)


@pytest.fixture
def desk_of(console: Served) -> Iterator[Callable[[str], Desk]]:
    """Signs somebody in by their key."""
    with ExitStack() as opened:

        def sign_in(key: str) -> Desk:
            desk = Desk(console, key)
            opened.callback(desk.http.close)
            return desk

        yield sign_in


@pytest.fixture
def ada(console: Served, desk_of: Callable[[str], Desk]) -> Desk:
    """Somebody who may do everything."""
    return desk_of(console.keys["mod-ada"])


@pytest.fixture
def cal(console: Served, desk_of: Callable[[str], Desk]) -> Desk:
    """Somebody who may decide, and see neither who reported nor what isn't for everybody."""
    return desk_of(console.keys["mod-cal"])


def rows(console: Served, query: str, *arguments: Any) -> list[Any]:
    """What the database has."""

    async def ask() -> list[Any]:
        async with connected(console.stage.dsn) as connection:
            return list(await connection.fetch(query, *arguments))

    found: list[Any] = in_a_thread(ask())
    return found


def case_about(console: Served, post: str) -> str:
    """The id of the case about a post."""
    return str(rows(console, "SELECT case_id FROM cases WHERE subject = $1", f"post:{post}")[0][0])


def strike_of(console: Served, post: str) -> str:
    """The id of a post's strike."""
    return str(rows(console, "SELECT strike FROM strikes WHERE post = $1", post)[0][0])


def appeal_of(console: Served) -> str:
    """The address of the one appeal."""
    return f"/appeals/{rows(console, 'SELECT appeal FROM appeals')[0][0]}"


def noted(console: Served, result: str = "seen") -> set[tuple[str | None, ...]]:
    """The access log: who, by which capability, of whom, where."""
    query = "SELECT actor, capability, account, route FROM desk.access_log WHERE result = $1"
    return {tuple(row) for row in rows(console, query, result)}


def test_what_a_reporter_sent_is_no_outcome_of_a_decision(console: Served, cal: Desk) -> None:
    """A page told the outcome of any event at any account: with a report's id, who had sent it."""
    query = "SELECT origin_event, data FROM audit_entries WHERE cause_kind = 'report_filed' AND entity = $1"
    found = rows(console, query, "account:u-1203")[0]
    page = cal.page(f"/queue?done={found['origin_event']}&of=u-1203")
    told = [sentence(outcome) for outcome in decode_entry(found["data"]).outcomes]
    assert told
    assert not [line for line in told if line in page]


def test_a_removed_post_is_restored_by_the_forms_as_they_are_rendered(console: Served, ada: Desk) -> None:
    """Removed on the account's page with the post that is typed in, restored on the case's with its own."""
    form = ada.form("/accounts/u-2024")
    asked = {"sanction_kind": "content_removal", "guideline": "no-spam", "until": "lifted"}
    answer = ada.decide(form.filled("sanction", **asked))
    assert answer.status_code == 422
    assert "ame the post that is to be removed" in answer.text
    answer = ada.decide(form.filled("sanction", **asked, post="p-370", revision="one"))
    assert answer.status_code == 422
    answer = ada.decide(form.filled("sanction", **asked, post="p-370", revision="1"))
    assert answer.status_code == 303, answer.text
    query = "SELECT status FROM sanctions WHERE post = 'p-370' AND sanction_kind = 'content_removal'"
    assert [row[0] for row in rows(console, query)] == ["in_force"]
    answer = ada.decide(ada.form(f"/cases/{case_about(console, 'p-370')}").filled("restore"))
    assert answer.status_code == 303, answer.text
    assert [row[0] for row in rows(console, query)] == ["lifted"]


def test_a_form_with_a_made_up_revision_is_refused(console: Served, ada: Desk) -> None:
    """It is no fault of the server's."""
    form = ada.form(f"/cases/{case_about(console, 'p-330')}")
    for revision in ("x", "9" * 5_000, "²"):
        answer = ada.decide(form.filled("dismiss", outcome="ignored") | {"revision": revision})
        assert answer.status_code == 422, revision


def test_of_a_strike_from_a_closed_off_case_only_what_it_cost_is_shown(
    console: Served, cal: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence, reason and chain are kept back, with the appeal's words; the rest of the page stays."""

    async def close_to(_db: Any, ids: Any, _kinds: Any) -> frozenset[str]:
        return frozenset(ids)

    strike = strike_of(console, "p-301")
    kept = ("read the thread; it is meant for", "It was a joke between two people", "97 % sure")
    pages = (f"/strikes/{strike}", appeal_of(console))
    assert [any(words in cal.page(path) for words in kept) for path in pages] == [True, True]
    monkeypatch.setattr(reading, "close_to", close_to)
    for path in pages:
        page = cal.page(path)
        assert not [words for words in kept if words in page]
        assert "shown: about a case" in page.replace("Not shown", "shown")


def test_a_post_that_is_in_a_closed_off_case_too_is_not_shown_in_another(console: Served, cal: Desk) -> None:
    """The words are as close as the closest case about the post."""
    path = f"/cases/{case_about(console, 'p-330')}"
    move = "UPDATE cases SET account = $1, subject = $2 WHERE case_kind = 'welfare'"
    assert "double your reply rate" in cal.page(path)
    rows(console, move, "u-1666", "post:p-330")
    try:
        page = cal.page(path)
    finally:
        rows(console, move, "u-1999", "post:p-360")
    assert "double your reply rate" not in page
    assert "cases.welfare" in page


def test_looking_at_closed_off_cases_and_at_reporters_is_noted(console: Served, ada: Desk) -> None:
    """The queue's own tabs, the case, the account's timeline and record, and a chain of causes."""
    case_id = case_about(console, "p-360")
    for path in ("/queue?tab=welfare", f"/cases/{case_id}", "/accounts/u-1999"):
        ada.page(path)
    told = noted(console)
    for route in ("/queue", "/cases/{case_id}", "/accounts/{account}"):
        assert ("mod-ada", "cases.welfare", "u-1999", route) in told
    assert ("mod-ada", "reports.identity", "u-1999", "/accounts/{account}") in told


def test_a_refusal_by_enforcement_is_noted(
    console: Served, cal: Desk, desk_of: Callable[[str], Desk]
) -> None:
    """Who reported the case themselves is told so beforehand; who tries all the same is on record."""
    case_id = case_about(console, "p-303")
    key = new_key(console.keys_file, "own", (READ, DECIDE, CONTENTS), "u-1203")
    own = desk_of(key)
    page = own.page(f"/cases/{case_id}")
    assert "is a reporter in this matter" in page
    assert "u-1203" not in page
    form = cal.form(f"/cases/{case_id}").filled("dismiss", outcome="ignored")
    answer = own.decide(form | {"csrf": own.csrf(), "once": "once-of-own"})
    assert answer.status_code == 409
    assert ("own", "decisions.write", None, "/decisions") in noted(console, "refused")
    version = rows(console, "SELECT version FROM cases WHERE case_id = $1", case_id)[0][0]
    dismissed = {"verb": "dismiss", "version": version, "reason": "mine", "outcome": "ignored"}
    body = {"decisions": [{"about": "case", "id": case_id, "decision": dismissed}]}
    answer = own.http.post("/v1/decisions?wait=true", json=body, headers={"X-API-Key": key}, timeout=20)
    assert answer.json()["failed"][0]["problem"]["status"] == 403, answer.text
    assert ("own", "decisions.write", None, "/v1/decisions") in noted(console, "refused")


def test_what_an_action_needs_is_asked_for_that_action_alone(
    console: Served, desk_of: Callable[[str], Desk]
) -> None:
    """Who may answer appeals, and nothing else, answers them; on a case every action says what is missing."""
    desk = desk_of(new_key(console.keys_file, "appeals-only", (READ, CONTENTS, DECIDE_APPEALS)))
    assert "decide_appeal.appeal_outcome" in desk.form(appeal_of(console)).fields
    assert "your key lacks `decisions.write`" in desk.page(f"/cases/{case_about(console, 'p-330')}")


def test_only_who_may_decide_a_case_takes_it(
    console: Served, cal: Desk, desk_of: Callable[[str], Desk]
) -> None:
    """Neither a made-up id nor a case that isn't for everybody, and nobody who only looks."""
    viewer = desk_of(console.keys["viewer"])
    open_case, close = case_about(console, "p-320"), case_about(console, "p-360")
    viewer.page(f"/cases/{open_case}")
    for desk, case_id, status in ((cal, "made-up", 404), (cal, close, 403), (viewer, open_case, 403)):
        answer = desk.http.post(f"/cases/{case_id}/lease", data={"csrf": desk.csrf()})
        assert answer.status_code == status
    held = {row[0] for row in rows(console, "SELECT actor FROM desk.leases WHERE case_id <> $1", open_case)}
    assert "viewer" not in held
    assert not rows(console, "SELECT FROM desk.leases WHERE case_id = ANY ($1)", ["made-up", open_case])
    cal.page(f"/cases/{open_case}")
    assert rows(console, "SELECT FROM desk.leases WHERE case_id = $1 AND actor = 'mod-cal'", open_case)


def test_a_second_review_is_taken_of_the_sample_only(
    console: Served, ada: Desk, desk_of: Callable[[str], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `/reviews` wouldn't show can't be answered there either."""
    case_id = case_about(console, "p-340")
    answer = ada.decide(ada.form(f"/cases/{case_id}").filled("dismiss", outcome="ignored"))
    assert answer.status_code == 303, answer.text
    bea = desk_of(console.keys["mod-bea"])
    said = {"case_id": case_id, "said": "violation", "csrf": bea.csrf()}
    monkeypatch.setattr(reviews, "SAMPLE_OF_256", 0)
    assert bea.http.post("/reviews", data=said).status_code == 409
    monkeypatch.setattr(reviews, "SAMPLE_OF_256", 256)
    monkeypatch.setattr(reviews, "KINDS", ("strike",))
    assert bea.http.post("/reviews", data=said).status_code == 409
    monkeypatch.setattr(reviews, "KINDS", ("finding", "report"))
    assert bea.http.post("/reviews", data=said).status_code == 303


def test_nobody_is_signed_in_by_another_site(console: Served) -> None:
    """A form of another site's, which would sign somebody in as somebody else, is refused."""
    data = {"key": console.keys["mod-ada"]}
    for headers, status in (
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": console.address}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": console.address}, 303),
        ({}, 303),
    ):
        answer = httpx.post(f"{console.address}/sign-in", data=data, headers=headers)
        assert (answer.status_code, headers) == (status, headers)
        assert ("set-cookie" in answer.headers) == (status == 303)


def test_every_strike_and_every_sanction_has_a_page(console: Served, ada: Desk) -> None:
    """Those too that rest on several strikes, each with evidence of its own."""
    for (sanction,) in rows(console, "SELECT sanction FROM sanctions"):
        assert "Chain of causes" in ada.page(f"/sanctions/{sanction}")
    for (strike,) in rows(console, "SELECT strike FROM strikes"):
        assert "Chain of causes" in ada.page(f"/strikes/{strike}")
