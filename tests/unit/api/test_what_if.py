"""What-if over HTTP: portions that add up to the whole, and nothing that is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from events.codec import decode_entry
from services import what_if
from services.keys import ACTIVATE, READ, RESTRICTED
from services.replay.what_if import WhatIf
from services.what_if import BadPlace, over_ledger, over_posts
from tests.support.api import asked, parts_over
from tests.support.envelopes import encoded, golden
from tests.support.policies import community
from tests.support.signals import T0, finding, post_signal, posted
from tests.support.world import World

PATH = "/v1/policies/what-if"
TEXT = (Path(__file__).parents[3] / "policies" / "community.yaml").read_text()
CHEAPER = TEXT.replace("s3: {points: 4", "s3: {points: 3")


class Entries:
    """The ledger of a world, as PostgreSQL gives it entity by entity; it takes no other question."""

    def __init__(self, world: World) -> None:
        decoded = [(decode_entry(data), data) for data in world.ledger]
        self.rows = sorted((entry.entity, entry.sequence, data) for entry, data in decoded)
        self.noted: list[Any] = []

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """A page."""
        assert "audit_entries" in query
        entity, sequence, limit = arguments
        found = [row for row in self.rows if row[:2] > (entity, sequence)][:limit]
        return [dict(zip(("entity", "sequence", "data"), row, strict=True)) for row in found]

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """The access log takes note of a refusal; nothing else is asked."""
        assert "desk.access_log" in query
        self.noted.append(arguments)
        return len(self.noted)

    fetchrow = fetchval


class Kept:
    """Posts in memory."""

    def __init__(self, *values: bytes) -> None:
        self.values = values

    async def read(self, partition: int, offset: int) -> AsyncIterator[what_if.Kept]:
        """Those from a place on, all in partition 0."""
        assert partition == 0
        for number, value in enumerate(self.values):
            if number >= offset:
                yield 0, number, int(T0.timestamp() * 1000) + number, value


@pytest.fixture(scope="module")
def world() -> World:
    """Five accounts with a strike each, priced by the policy that the project ships."""
    made = World(community())
    made.advance(T0)
    for account in ("ann", "bob", "cat", "dan", "eve"):
        body = posted(account, f"{account}-1", finding("no-hate", "slur", 3))
        made.send(post_signal(account, body, T0, policy_version=made.policy.version))
    return made


@pytest.mark.parametrize("entries_max", [1, 2, 100])
async def test_portions_add_up_to_the_whole(world: World, entries_max: int, monkeypatch: Any) -> None:
    """However small they and the pages are, no entity is cut, left out or taken twice."""
    monkeypatch.setattr(what_if, "PAGE_ENTRIES", 3)
    candidate = what_if.read_candidate(CHEAPER)
    whole = WhatIf(candidate, world.policies)
    for data in world.ledger:
        whole.take(decode_entry(data))
    expected = whole.settle()
    entries = entities = differing = changed = portions = 0
    after: str | None = None
    while portions < 20:
        portion = await over_ledger(
            Entries(world), candidate, world.policies, after=after, entries_max=entries_max
        )
        assert portion.ledger is not None
        entries += portion.ledger.entries
        entities += portion.ledger.entities
        differing += portion.ledger.differing
        changed += sum(tally.changed for tally in portion.ledger.strikes.values())
        portions, after = portions + 1, portion.next
        if after is None:
            break
    assert (entries, entities, differing) == (expected.entries, expected.entities, expected.differing)
    assert differing == changed == 5
    assert portions == {1: 5, 2: 3, 100: 1}[entries_max]


async def test_a_history_that_is_too_long_is_left_out_and_counted(world: World, monkeypatch: Any) -> None:
    """Nothing is said of it, and that is said."""
    monkeypatch.setattr(what_if, "ENTITY_ENTRIES_MAX", 0)
    portion = await over_ledger(Entries(world), what_if.read_candidate(CHEAPER), world.policies)
    assert portion.ledger is not None
    assert (portion.ledger.entries, portion.left_out) == (0, 5)


async def test_posts_are_held_against_both_rulebooks_in_portions() -> None:
    """A rule that the candidate leaves out finds nothing; the next portion begins behind the last post."""
    found, clean = (
        encoded(golden("post.created", post=f"p-{number}", body=body, quotes=[], links=[]))
        for number, body in enumerate(("What the fuck is this shit?", "A question about ledgers."), 1)
    )
    kept = Kept(found, clean, b"no event")
    rules = {"keep-it-clean.terms": community().rules["keep-it-clean.terms"]}  # alone it compiles at once
    strict = community().model_copy(update={"rules": rules})
    off = rules["keep-it-clean.terms"].model_copy(update={"enabled": False})
    lenient = community().model_copy(update={"rules": {"keep-it-clean.terms": off}})
    first = await over_posts(kept, lenient, strict, posts_max=2)
    assert first.posts is not None
    assert (first.posts.posts, first.posts.differing, first.next) == (2, 1, "0:2")
    assert first.posts.findings["keep-it-clean"].gone == 1
    assert first.posts.examples[0].post == "p-1"
    rest = await over_posts(kept, lenient, strict, after=first.next, posts_max=2)
    assert rest.posts is not None
    assert (rest.posts.posts, rest.posts.unreadable, rest.next) == (0, 1, None)
    same = await over_posts(kept, strict, strict)
    assert same.posts is not None
    assert same.posts.same


async def test_a_post_for_a_case_that_is_not_for_everybody_is_no_example(
    world: World, tmp_path: Path, monkeypatch: Any
) -> None:
    """It is counted all the same; whoever may see such cases sees it, and that is noted."""
    kept = Kept(encoded(golden("post.created", post="p-1", body="What the fuck?", quotes=[], links=[])))
    rule = community().rules["keep-it-clean.terms"]
    off = rule.model_copy(update={"enabled": False})
    guidelines = tuple(
        one.model_copy(
            update={"cases": tuple(c.model_copy(update={"case_kind": "restricted"}) for c in one.cases)}
        )
        for one in community().guidelines
    )
    update = {"guidelines": guidelines, "rules": {"keep-it-clean.terms": rule}}
    strict = community().model_copy(update=update)
    lenient = strict.model_copy(update={"rules": {"keep-it-clean.terms": off}})
    monkeypatch.setattr("services.api.what_if._read", lambda _: lenient)
    entries = Entries(world)
    parts = parts_over(entries, {"v": strict}, kept=kept)
    holders = {"policy": (ACTIVATE,), "trusted": (ACTIVATE, RESTRICTED)}
    async with asked(entries, tmp_path, holders, {}, parts) as client:
        for who, shown in (("policy", []), ("trusted", ["p-1"])):
            answer = await client.http.post(
                PATH, json={"policy": "x", "over": "posts"}, headers={"X-API-Key": client.keys[who]}
            )
            told = answer.json()["posts"]
            assert (told["differing"], [one["post"] for one in told["examples"]]) == (1, shown)
    assert [(arguments[0], arguments[1]) for arguments in entries.noted] == [("trusted", RESTRICTED)]
    assert (await over_posts(kept, lenient, strict)).posts.examples == []  # type: ignore[union-attr]


async def test_a_place_that_no_portion_named_is_refused() -> None:
    """It says what to pass."""
    with pytest.raises(BadPlace, match="pass `next`"):
        await over_posts(Kept(), community(), community(), after="somewhere")


async def test_the_path_answers_and_needs_a_capability(world: World, tmp_path: Path) -> None:
    """Who may put policies into force may ask; the answer names the candidate's version."""
    holders = {"reader": (READ,), "policy": (ACTIVATE,)}
    parts = parts_over(Entries(world), world.policies, kept=Kept())
    async with asked(parts.database, tmp_path, holders, world.policies, parts) as client:

        async def post(who: str, **body: Any) -> Any:
            return await client.http.post(PATH, json=body, headers={"X-API-Key": client.keys[who]})

        assert (await post("reader", policy=TEXT)).status_code == 403
        answer = await post("policy", policy=CHEAPER)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["version"] == what_if.read_candidate(CHEAPER).version
        assert (told["in_force"], told["next"], told["posts"]) == (world.policy.version, None, None)
        assert told["ledger"]["strikes"]["no-hate"] == {
            "was": 5, "would_be": 5, "new": 0, "gone": 0, "changed": 5,
        }  # fmt: skip
        same = (await post("policy", policy=TEXT)).json()["ledger"]
        assert (same["differing"], same["entities"]) == (0, 5)


async def test_a_faulty_candidate_is_answered_with_its_faults(world: World, tmp_path: Path) -> None:
    """Each with its line, key and remedy, as `policy check` has them."""
    parts = parts_over(Entries(world), world.policies)
    async with asked(parts.database, tmp_path, {"policy": (ACTIVATE,)}, world.policies, parts) as client:
        key = {"X-API-Key": client.keys["policy"]}
        faulty = TEXT.replace("  s1: {points: 1,", "  s1: {points: none,")
        answer = await client.http.post(PATH, json={"policy": faulty}, headers=key)
        assert answer.status_code == 422
        assert "line 15" in answer.json()["detail"]
        unknown = {"policy": TEXT, "guideline": "no-fun"}
        answer = await client.http.post(PATH, json=unknown, headers=key)
        assert answer.status_code == 422
        assert "`no-fun`" in answer.json()["detail"]
