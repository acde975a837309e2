"""Bytes that older builds wrote are still read, and written the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from events.codec import decode_entry, decode_signal, encode
from events.contents import Content, decode_content, encode_content
from events.versions import TYPES
from tests.golden.kinds import bodies, outcomes, tag
from tests.support.filled import filled

GOLDEN = Path(__file__).parents[2] / "golden"
EVENTS = sorted((GOLDEN / "events").glob("*.json"))
SIGNALS = sorted((GOLDEN / "signals").glob("*.json"))
ENTRIES = sorted((GOLDEN / "ledger").glob("*.json"))


def kept(old: Any, new: Any) -> bool:
    """Whether everything old is there, in its order; fields may have joined at the end."""
    if isinstance(old, dict):
        return list(new)[: len(old)] == list(old) and all(kept(old[name], new[name]) for name in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(kept, old, new))
    return bool(old == new)


def test_every_stable_type_has_golden_bytes() -> None:
    """Nothing is promised that isn't held on to; what is a draft isn't promised."""
    stable = {name for name, kind in TYPES.items() if kind.status == "stable"}
    assert {path.stem for path in EVENTS} >= stable


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_golden_event_is_read_and_written_the_same(path: Path) -> None:
    """A producer that was right once stays right."""
    data = path.read_bytes()
    event = TYPES[path.stem].model.model_validate_json(data)
    assert event.model_dump_json(exclude_unset=True).encode() == data


@pytest.mark.parametrize("path", SIGNALS, ids=lambda path: path.stem)
def test_a_golden_signal_is_read_and_written_the_same(path: Path) -> None:
    """A signal that waited in the mailbox during an upgrade means what it meant."""
    data = path.read_bytes()
    assert kept(json.loads(data), json.loads(encode(decode_signal(data))))


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_a_golden_entry_is_read_and_written_the_same(path: Path) -> None:
    """The ledger is read for ever."""
    data = path.read_bytes()
    assert kept(json.loads(data), json.loads(encode(decode_entry(data))))


def test_every_signal_and_outcome_has_golden_bytes() -> None:
    """`python -m tests.golden.write_missing` writes them for a new one."""
    assert {path.stem for path in SIGNALS} == {tag(body) for body in bodies()}
    assert {path.stem for path in ENTRIES} == {tag(outcome) for outcome in outcomes()}


def test_content_is_read_back_as_it_was_written() -> None:
    """A snapshot with every field set comes back whole."""
    content = filled(Content)
    assert decode_content(encode_content(content)) == content
