"""The public contracts, described for other programs: a JSON Schema per type, and AsyncAPI over all of them.

What is generated is checked in under `docs/`, so that a change to a contract is seen in review; a test fails
where the two differ. `python -m docs.generate` writes it.
"""

from __future__ import annotations

import json
from typing import Any, Final

import yaml

from events.catalogue import TOPICS, Topic
from events.versions import TYPES, EventType

SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_VERSION: Final = "3.0.0"
_DESCRIPTION: Final = (
    "Events that a platform sends, and strikes, sanctions and standings that it reads. Names of topics carry "
    "the deployment's prefix. Every value is a CloudEvent 1.0 in structured JSON."
)
_WRITTEN_BY_US: Final = frozenset({"strikes", "sanctions", "standings"})


def documents() -> dict[str, str]:
    """Every generated file: its path under `docs/`, and its text."""
    files = {f"schemas/{kind.name}.json": _json(json_schema(kind)) for kind in TYPES.values()}
    return {**files, "schemas/index.json": _json(_index()), "asyncapi.yaml": _asyncapi()}


def json_schema(kind: EventType) -> dict[str, Any]:
    """The JSON Schema of one type, CloudEvents envelope included."""
    schema = _plain(kind.model.model_json_schema())
    required = [name for name in schema["properties"] if name in {"type", *schema["required"]}]
    return {
        "$schema": SCHEMA_DIALECT,
        "$id": f"urn:goodstanding:{kind.name}",
        **schema,
        "required": required,
        "title": kind.name,
        "x-topic": kind.topic,
        "x-status": kind.status,
    }


def _plain(schema: Any) -> Any:
    """The schema without titles that only repeat names, and with descriptions on one line."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key != "title" or isinstance(value, dict)}
    if isinstance(plain.get("description"), str):
        plain["description"] = " ".join(plain["description"].split())
    return plain


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _index() -> list[dict[str, str]]:
    return [
        {
            "type": kind.name,
            "topic": kind.topic,
            "key": TOPICS[kind.topic].key,
            "status": kind.status,
            "schema": f"{kind.name}.json",
        }
        for kind in TYPES.values()
    ]


# --- AsyncAPI ----------------------------------------------------------------------------------------------


def _asyncapi() -> str:
    public = {name: topic for name, topic in TOPICS.items() if _types_of(name)}
    document = {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Goodstanding",
            "version": "1.0.0",
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {name: _channel(topic) for name, topic in public.items()},
        "operations": {_operation_name(name): _operation(name) for name in public},
        "components": {"messages": {kind.name: _message(kind) for kind in TYPES.values()}},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _types_of(topic: str) -> list[EventType]:
    return [kind for kind in TYPES.values() if kind.topic == topic]


def _channel(topic: Topic) -> dict[str, Any]:
    retention = {} if topic.retention_s is None else {"retention.ms": topic.retention_s * 1_000}
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}.",
        "messages": {
            kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in _types_of(topic.name)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    **retention,
                    "max.message.bytes": topic.record_bytes_max,
                },
            }
        },
    }


def _operation_name(topic: str) -> str:
    return f"{'send' if topic in _WRITTEN_BY_US else 'receive'}-{topic}"


def _operation(topic: str) -> dict[str, Any]:
    return {
        "action": "send" if topic in _WRITTEN_BY_US else "receive",
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": f"Goodstanding {'writes' if topic in _WRITTEN_BY_US else 'reads'} `{topic}`.",
    }


def _message(kind: EventType) -> dict[str, Any]:
    summary = (kind.model.__doc__ or "").splitlines()[0]
    return {
        "name": kind.name,
        "summary": f"{summary} (draft)" if kind.status == "draft" else summary,
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": f"./schemas/{kind.name}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "description": TOPICS[kind.topic].key}}},
    }
