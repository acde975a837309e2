"""Keys: made once, kept as digests, found in constant time, revoked by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from events.capabilities import ASKED
from services.keys import CAPABILITIES, DECIDE, READ, KeysError, KeyTable, digest_of, new_key, revoke_key


def test_the_file_never_holds_a_key(tmp_path: Path) -> None:
    """Whoever reads it can't use it; only its owner reads it."""
    path = tmp_path / "folder" / "keys.json"
    key = new_key(path, "ada", [READ])
    assert key not in path.read_text()
    assert json.loads(path.read_text()) == {digest_of(key): {"actor": "ada", "capabilities": [READ]}}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_opens_just_what_it_was_made_for(tmp_path: Path) -> None:
    """And nobody else's does."""
    path = tmp_path / "keys.json"
    key = new_key(path, "ada", [READ])
    other = new_key(path, "bob", [READ, DECIDE])
    table = KeyTable(path)
    found = table.find(key)
    assert found is not None
    assert (found.actor, found.may(READ), found.may(DECIDE)) == ("ada", True, False)
    assert table.find(other) is not None
    assert table.find(key + "x") is None
    assert table.find("") is None


def test_whose_account_it_is_stays_with_the_key(tmp_path: Path) -> None:
    """So that nobody decides about themselves; other keys made or revoked later change nothing about it."""
    path = tmp_path / "keys.json"
    key = new_key(path, "ada", [READ], "U07ADA")
    other = new_key(path, "bob", [READ])
    revoke_key(path, digest_of(other)[:8])
    found, none = KeyTable(path).find(key), KeyTable(path).find(other)
    assert found is not None
    assert (found.account, none) == ("U07ADA", None)
    with pytest.raises(KeysError, match="can't be an account"):
        new_key(path, "cyd", [READ], "cyd@works.example")


def test_every_capability_that_enforcement_asks_about_can_be_given() -> None:
    """Spelt the same in both places."""
    assert set(CAPABILITIES) >= ASKED


def test_without_a_file_nobody_is_let_in() -> None:
    """There is no default key."""
    assert KeyTable(None).find("gs_anything") is None


def test_a_revoked_key_is_refused_by_a_table_that_is_open(tmp_path: Path) -> None:
    """The file is looked at again when it changes."""
    path = tmp_path / "keys.json"
    key = new_key(path, "ada", [READ])
    table = KeyTable(path)
    assert table.find(key) is not None
    assert revoke_key(path, digest_of(key)[:8]).actor == "ada"
    assert table.find(key) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"abc": {"actor": "a", "capabilities": []}}', '{"x": 1}'])
def test_a_broken_file_lets_nobody_in_and_says_what_it_should_hold(tmp_path: Path, text: str) -> None:
    """Better closed than open."""
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeysError, match="keys file"):
        KeyTable(path).find("gs_x")


@pytest.mark.parametrize(
    ("actor", "capability"), [("a@b", READ), ("", READ), ("a b", READ), ("ada", "everything")]
)
def test_an_actor_that_is_personal_or_a_capability_that_is_not_one_is_refused(
    tmp_path: Path, actor: str, capability: str
) -> None:
    """Before anything is written."""
    path = tmp_path / "keys.json"
    with pytest.raises(KeysError, match=r"actor|capabilit"):
        new_key(path, actor, [capability])
    assert not path.exists()


def test_revoking_needs_one_key_that_is_meant(tmp_path: Path) -> None:
    """Nobody is shut out by a guess."""
    path = tmp_path / "keys.json"
    new_key(path, "ada", CAPABILITIES)
    with pytest.raises(KeysError, match="0 keys"):
        revoke_key(path, "zz")
