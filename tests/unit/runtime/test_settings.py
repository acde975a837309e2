"""Settings come from the environment, are valid as a whole, and say what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.runtime.settings import ENV_PREFIX, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(ENV_PREFIX):
            monkeypatch.delenv(name)


def test_every_setting_has_a_default_but_no_secret_has() -> None:
    """A first start needs nothing; nothing lets anybody in by default."""
    settings = load_settings()
    assert settings.partitions == 16
    assert settings.time_mode == "log"
    assert settings.api_keys_file is None
    assert settings.postgres_dsn == ""


def test_every_setting_says_what_it_is_for() -> None:
    """The catalogue is also the documentation: each field has its own words."""
    source = Path(__file__).parents[3] / "services" / "runtime" / "settings.py"
    lines = source.read_text().splitlines()
    for name in Settings.model_fields:
        at = next(number for number, line in enumerate(lines) if line.startswith(f"    {name}: "))
        assert any(line.startswith('    """') for line in lines[at + 1 : at + 3]), name


def test_servers_listen_on_loopback_unless_told_otherwise() -> None:
    """Nothing is open to the network by default."""
    settings = load_settings()
    assert {settings.api_host, settings.metrics_host} == {"127.0.0.1"}


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting is a variable with the prefix."""
    monkeypatch.setenv("GOODSTANDING_TOPIC_PREFIX", "eu.")
    monkeypatch.setenv("GOODSTANDING_PARTITIONS", "4")
    settings = load_settings()
    assert settings.partitions == 4
    assert settings.topic("posts") == "eu.posts"


def test_arguments_win_and_none_is_no_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line hands on its options as they are."""
    monkeypatch.setenv("GOODSTANDING_PARTITIONS", "4")
    assert load_settings(partitions=8).partitions == 8
    assert load_settings(partitions=None).partitions == 4


def test_they_are_frozen() -> None:
    """No code changes a setting under another's feet."""
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.partitions = 3  # type: ignore[misc]


def test_a_file_is_read_only_when_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` that happens to lie about changes nothing."""
    (tmp_path / ".env").write_text("GOODSTANDING_PARTITIONS=4\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().partitions == 16
    assert load_settings(env_file=tmp_path / ".env").partitions == 4
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(env_file=tmp_path / "missing")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "PARTITIONS",
            "many",
            "setting partitions (GOODSTANDING_PARTITIONS): input should be a valid integer",
        ),
        ("PARTITIONS", "0", "should be greater than or equal to 1; got `0`"),
        (
            "TIME_MODE",
            "wall",
            "setting time_mode (GOODSTANDING_TIME_MODE): input should be 'log' or 'events'",
        ),
        ("BOOTSTRAP_SERVERS", "kafka", "expected `host:port` with commas between, and `kafka` isn't"),
        ("TOPIC_PREFIX", "a/b", "setting topic_prefix"),
        ("MIN_INSYNC_REPLICAS", "2", "min_insync_replicas (2) is more than replication_factor (1)"),
        (
            "PARTITION",
            "4",
            "GOODSTANDING_PARTITION: there is no setting `partition`; did you mean `partitions`?",
        ),
        (
            "ZZZ",
            "4",
            "variable GOODSTANDING_ZZZ: there is no setting `zzz`; settings are access_log_days, api_host",
        ),
    ],
)
def test_a_fault_names_the_setting_the_value_and_the_remedy(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever set it wrong can put it right without reading the code."""
    monkeypatch.setenv(ENV_PREFIX + name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert message in str(caught.value)


def test_an_unknown_argument_is_refused_with_a_suggestion() -> None:
    """A misspelt option isn't ignored."""
    with pytest.raises(SettingsError, match="did you mean `partitions`"):
        load_settings(partitons=4)


def test_a_fault_never_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the database may hold one."""
    monkeypatch.setenv("GOODSTANDING_POSTGRES_DSN", "mysql://me:hunter2@host/db")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "postgres_dsn" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_dsn_is_not_printed_with_the_settings() -> None:
    """Logging the settings gives no password away."""
    assert "hunter2" not in repr(load_settings(postgres_dsn="postgresql://me:hunter2@host/db"))
