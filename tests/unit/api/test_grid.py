"""Who may do what: every capability against every action of the API, made from its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Literal, get_args, get_origin

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.answers import NotAllowed
from services.api import bodies, decisions
from services.api.app import create_app
from services.api.auth import Capable, operator
from services.api.bodies import VERBS, Body
from services.api.parts import Parts
from services.deciding import Choice
from services.keys import CAPABILITIES, SEND, KeyTable, Operator, new_key
from tests.support.api import Client, Sent, parts_over
from tests.unit.api.test_door import Away

Action = tuple[str, str, Any, str]
"""Method, path template, body, and the capability that it needs."""

BY_VERB = {
    "/v1/accounts/{account}/decisions": "account",
    "/v1/cases/{case_id}/decisions": "case",
    "/v1/strikes/{strike}/decisions": "strike",
    "/v1/sanctions/{sanction}/decisions": "sanction",
}
"""Paths at which the body says the verb."""
BY_PATH = {
    "/v1/accounts/{account}/sanctions": ("account", "sanction"),
    "/v1/strikes/{strike}/overturn": ("strike", "overturn"),
    "/v1/sanctions/{sanction}/lift": ("sanction", "lift"),
    "/v1/appeals/{appeal}/decision": ("appeal", "decide_appeal"),
}
"""Paths that say the verb."""
SAMPLES: dict[str, Any] = {
    "guideline": "no-spam",
    "case": "flood",
    "other": "bob",
    "post": "p-1",
    "sanction_kind": "warning",
    "until": "2030-01-01T00:00:00Z",
    "outcome": "denied",
}
OPEN = {"/live", "/ready", "/metrics", "/openapi.json"}
"""Paths that need no key."""


def routes(found: Iterable[Any]) -> Iterator[APIRoute]:
    """Every route of the API itself, those of included routers too; the console has tests of its own."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)
        elif isinstance(route, APIRoute) and route.include_in_schema:
            yield route


def declared(route: APIRoute) -> str | None:
    """The capability that a route says it needs."""
    found = [one.call.capability for one in route.dependant.dependencies if isinstance(one.call, Capable)]
    assert len(found) <= 1
    return found[0] if found else None


def sample(model: type[Body], verb: str) -> dict[str, Any]:
    """The least body that is whole."""
    told = {"verb": verb, "version": 1, "reason": "r"}
    fields = {name for name, field in model.model_fields.items() if field.is_required()} - told.keys()
    return told | {name: SAMPLES[name] for name in sorted(fields)}


def models(about: Any) -> Iterator[tuple[str, type[Body]]]:
    """The body of each verb about something."""
    either = bodies.ABOUT[about]
    inner = get_args(get_args(either)[0]) if get_origin(either) else (either,)
    for model in inner:
        annotation = model.model_fields["verb"].annotation
        assert get_origin(annotation) is Literal
        yield get_args(annotation)[0], model


def actions() -> Iterator[Action]:
    """Everything that can be asked of the API, with what it needs."""
    for route in routes(create_app().routes):
        assert route.methods is not None
        (method,) = route.methods
        capability = declared(route)
        if route.path in BY_VERB:
            for verb, model in models(BY_VERB[route.path]):
                yield method, route.path, sample(model, verb), decisions.needs(verb)
        elif route.path in BY_PATH:
            about, verb = BY_PATH[route.path]
            model = dict(models(about))[verb]
            yield method, route.path, sample(model, verb), decisions.needs(verb)
        elif route.path == "/v1/appeals" and method == "POST":
            yield method, route.path, {"account": "ann", "about": "s-1", "text": "no"}, SEND
        elif capability is not None:
            yield method, route.path, {"text": "x"} if method == "POST" else None, capability
        elif route.path not in OPEN and route.path != "/v1/decisions":
            raise AssertionError(f"`{method} {route.path}` says of no capability that it needs it")


ACTIONS = list(actions())


def path_of(template: str) -> str:
    """A path with something in each of its places."""
    return template.replace("{place}", "0:1").replace("{", "some-").replace("}", "")


async def ask(client: Client, action: Action, who: str | None) -> int:
    """The status that somebody is answered with."""
    method, template, body, _ = action
    headers = {"X-API-Key": client.keys[who]} if who else {}
    answer = await client.http.request(method, path_of(template), json=body, headers=headers)
    return answer.status_code


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[FastAPI, dict[str, str]]:
    """An API whose database is away, with a key for each capability, and one for all but each."""
    path = tmp_path_factory.mktemp("grid") / "keys.json"
    holders: dict[str, set[str]] = {one: {one} for one in CAPABILITIES}
    holders |= {without(one): CAPABILITIES.keys() - {one} for one in CAPABILITIES}
    keys = {name: new_key(path, name, capabilities) for name, capabilities in holders.items()}

    @asynccontextmanager
    async def parts() -> AsyncIterator[Parts]:
        yield parts_over(Away(), {})

    return create_app(parts, KeyTable(path)), keys


@pytest.fixture
async def client(made: tuple[FastAPI, dict[str, str]]) -> AsyncIterator[Client]:
    """Who asks it."""
    app, keys = made
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
    ):
        yield Client(http, keys)


def without(capability: str) -> str:
    """The name of whoever has every other capability."""
    return f"not-{capability}"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action[0]} {action[1]} {_verb(action)}")
async def test_an_action_is_for_those_who_have_its_capability_and_for_nobody_else(
    client: Client, action: Action
) -> None:
    """One capability alone opens it; every other one alone, and all the others together, give 403."""
    needed = action[3]
    assert await ask(client, action, None) == 401
    assert await ask(client, action, needed) not in {401, 403}
    assert await ask(client, action, without(needed)) == 403
    for other in CAPABILITIES:
        if other != needed:
            assert await ask(client, action, other) == 403, f"`{other}` opens what needs `{needed}`"


def test_the_grid_has_every_verb_of_the_contract() -> None:
    """What can be decided can be decided through the API, each with its capability."""
    told = {verb for verbs in VERBS.values() for verb in verbs}
    named = {action[2]["verb"] for action in ACTIONS if action[2] and "verb" in action[2]}
    assert named == told
    assert {decisions.needs(verb) for verb in told} <= set(CAPABILITIES)


def test_every_route_asks_for_a_key_but_those_that_say_how_it_is() -> None:
    """Beside health and the description, nothing is answered to nobody."""
    for route in routes(create_app().routes):
        asks = any(
            call is operator or isinstance(call, Capable)
            for call in (one.call for one in route.dependant.dependencies)
        )
        assert asks != (route.path in OPEN), route.path


async def test_several_decisions_at_once_need_what_each_of_them_needs(client: Client) -> None:
    """The one that isn't allowed fails with 403, beside the others."""
    item = {"about": "strike", "id": "s-1", "decision": {"verb": "waive", "version": 1, "reason": "r"}}
    answer = await client.http.post(
        "/v1/decisions", json={"decisions": [item]}, headers={"X-API-Key": client.keys["standing.read"]}
    )
    assert answer.status_code == 200, answer.text
    assert [one["problem"]["status"] for one in answer.json()["failed"]] == [403]


@pytest.mark.parametrize("verb", sorted({verb for verbs in VERBS.values() for verb in verbs}))
async def test_whoever_decides_by_another_way_than_a_route_needs_the_same(verb: str) -> None:
    """Pages call what the routes call: nothing is foreseen, and nothing sent, without the capability."""
    outbox = Sent()
    parts = parts_over(Away(), {}, outbox)
    needed = decisions.needs(verb)
    who = Operator("ada", frozenset(CAPABILITIES.keys() - {needed}))
    choice = Choice(verb, "ann", 1, {"reason": "r"})
    with pytest.raises(NotAllowed) as refused:
        await decisions.preview(parts, who, choice)
    assert refused.value.capability == needed
    with pytest.raises(NotAllowed):
        await decisions.decide(parts, who, choice, source="/test")
    assert outbox.records == []


def _verb(action: Action) -> str:
    return action[2].get("verb", "") if isinstance(action[2], dict) else ""
