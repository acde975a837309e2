"""What is checked in under `docs/` says what the contracts say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from events.schema import documents, json_schema
from events.versions import TYPES

PROJECT = Path(__file__).parents[3]
DOCS = PROJECT / "docs"
GOLDEN = sorted((PROJECT / "tests" / "golden" / "events").glob("*.json"))


def test_generated_documents_are_up_to_date() -> None:
    """Whoever changes a contract runs `python -m docs.generate`, and the change is seen in review."""
    checked_in = {f"schemas/{path.name}" for path in (DOCS / "schemas").glob("*.json")} | {"asyncapi.yaml"}
    generated = documents()
    assert checked_in == set(generated)
    for name, text in generated.items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, (
            f"`docs/{name}`: run `python -m docs.generate`"
        )


@pytest.mark.parametrize("name", TYPES)
def test_every_schema_is_a_schema(name: str) -> None:
    """Other programs can read it."""
    Draft202012Validator.check_schema(json_schema(TYPES[name]))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_events_keep_to_their_schema(path: Path) -> None:
    """Schema and contract accept the same event."""
    schema = json_schema(TYPES[path.stem])
    Draft202012Validator(schema).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_schema_refuses_an_event_without_what_it_needs(path: Path) -> None:
    """Schema and contract need the same attributes."""
    validator = Draft202012Validator(json_schema(TYPES[path.stem]))
    event = json.loads(path.read_bytes())
    for name in ("specversion", "id", "source", "type", "subject", "time", "data"):
        less = {key: value for key, value in event.items() if key != name}
        assert not validator.is_valid(less), name


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    """No channel names a message, and no message a schema, that isn't there."""
    document = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    found = list(references(document))
    assert found
    for reference in found:
        if reference.startswith("#/"):
            node: Any = document
            for step in reference[2:].split("/"):
                node = node[step]
        else:
            assert (DOCS / reference).is_file(), reference


def references(node: Any) -> Any:
    """Every `$ref` below."""
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)
