"""Who is let in, how refusals look, and that the description is the one that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services import answers
from services.api import writes
from services.api.counting import NO_ROUTE
from services.api.describe import DOCUMENT, described
from services.api.routes import EXAMPLES
from services.keys import CAPABILITIES, READ, new_key
from tests.support.api import asked

HOLDERS = {"reader": (READ,), "nobody": ()}
PATHS = (
    "/v1/accounts/ann/standing",
    "/v1/accounts/ann/audit",
    "/v1/strikes",
    "/v1/sanctions",
    "/v1/cases",
    "/v1/cases/c",
    "/v1/explain/s",
)


class Away:
    """A database that isn't there."""

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """Nobody answers."""
        del query, arguments
        raise ConnectionRefusedError(111, "connection refused")

    fetchrow = fetchval = fetch


async def test_nobody_is_let_in_without_a_key(tmp_path: Path) -> None:
    """401 with how to send one, on every path that tells something."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        for path in PATHS:
            for headers in ({}, {"X-API-Key": "gs_guess"}, {"Authorization": "Bearer gs_guess"}):
                answer = await client.http.get(path, headers=headers)
                assert answer.status_code == 401
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"] == "Bearer"
                assert "X-API-Key" in answer.json()["remedy"]


async def test_a_key_without_the_capability_is_told_which_it_lacks(tmp_path: Path) -> None:
    """403 names the capability."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        for path in PATHS:
            answer = await client.get(path, who="nobody")
            assert answer.status_code == 403
            assert READ in answer.json()["remedy"]


async def test_a_key_may_come_as_a_bearer_token(tmp_path: Path) -> None:
    """As in any other client; the database's absence shows that the door was passed."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        answer = await client.http.get(PATHS[0], headers={"Authorization": f"Bearer {client.keys['reader']}"})
        assert answer.status_code == 503
        assert answer.json()["remedy"] == "try again in a moment"
        assert answer.headers["retry-after"]


async def test_a_key_made_later_works_at_once(tmp_path: Path) -> None:
    """The file is read again when it changes; no restart."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        key = new_key(tmp_path / "keys.json", "late", [READ])
        assert (await client.http.get(PATHS[0], headers={"X-API-Key": key})).status_code == 503


async def test_a_broken_keys_file_lets_nobody_in_and_tells_nothing(tmp_path: Path) -> None:
    """503, and what is wrong is only in the log."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        (tmp_path / "keys.json").write_text('{"secret": 1}')
        answer = await client.get(PATHS[0])
        assert answer.status_code == 503
        assert "secret" not in answer.text


async def test_unknown_paths_and_methods_are_problems_too(tmp_path: Path) -> None:
    """Nothing answers in another shape."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        unknown = await client.http.get("/v1/nothing")
        assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:goodstanding:problem:not-found")
        wrong = await client.http.post(PATHS[0])
        assert (wrong.status_code, wrong.headers["content-type"]) == (405, "application/problem+json")


async def test_health_needs_no_key_and_shows_the_missing_database(tmp_path: Path) -> None:
    """Live without its database, and not ready."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        assert (await client.http.get("/live")).status_code == 200
        answer = await client.http.get("/ready")
        assert answer.status_code == 503
        assert "ConnectionRefusedError" in answer.json()["reasons"][0]


async def test_requests_are_counted_by_template_and_status_and_name_nobody(tmp_path: Path) -> None:
    """What was asked for is in no label, also where there is no such path."""

    def counted(route: str, status: int) -> float:
        labels = {"route": route, "status": str(status)}
        return REGISTRY.get_sample_value("goodstanding_api_request_seconds_count", labels) or 0.0

    standing = "/v1/accounts/{account}/standing"
    expected = {
        (standing, 401): 1,
        (standing, 503): 2,
        (standing, 405): 1,
        (NO_ROUTE, 404): 1,
        ("/live", 200): 1,
    }
    before = {labels: counted(*labels) for labels in expected}
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        await client.http.get("/v1/accounts/wilhelmina/standing")
        await client.get("/v1/accounts/wilhelmina/standing")
        await client.get("/v1/accounts/bob/standing", as_of="2030-01-01T00:00:00Z")
        await client.http.post("/v1/accounts/wilhelmina/standing")
        await client.http.get("/v1/wilhelmina")
        await client.http.get("/live")
        assert "wilhelmina" not in (await client.http.get("/metrics")).text
    assert {labels: counted(*labels) - before[labels] for labels in expected} == expected


def test_the_kept_description_is_that_of_the_app() -> None:
    """`python -m services.api.describe` writes it anew."""
    assert DOCUMENT.read_text("utf-8") == described()


def test_every_problem_is_described_with_its_shape() -> None:
    """Readers of the description find 401, 403, 404 and 422 with a remedy."""
    text = described()
    assert '"ProblemDetails"' in text
    assert "HTTPValidationError" not in text
    assert set(CAPABILITIES) > {READ}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("standing", answers.StandingData),
        ("audit", answers.Audit),
        ("strikes", answers.Strikes),
        ("sanctions", answers.Sanctions),
        ("cases", answers.Cases),
        ("case", answers.CaseData),
        ("explain", answers.ExplanationData),
        ("decision", writes.DecisionAnswer),
        ("preview", writes.PreviewAnswer),
    ],
)
def test_every_example_has_the_shape_of_its_answer(name: str, shape: Any) -> None:
    """Field for field, so that an example never promises what isn't answered."""
    example = EXAMPLES[name]
    first = example["data"][0] if isinstance(example["data"], list) else example["data"]
    model = shape.model_fields["data"].annotation
    row = getattr(model, "__args__", (model,))[0]
    assert set(first) == set(row.model_fields)


async def test_the_documentation_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Every path stands there; no script runs on the origin on which people sign in."""
    async with asked(Away(), tmp_path, HOLDERS, {}) as client:
        answer = await client.http.get("/docs")
        assert answer.status_code == 200
        for path in (await client.http.get("/openapi.json")).json()["paths"]:
            assert f"<code>{path}</code>" in answer.text
        assert "<script" not in answer.text
        assert "src=" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
