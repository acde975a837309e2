"""An operator at the command line of a deployment on a real Kafka."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services import cli
from services.commands import connect
from services.exit_codes import ExitCode
from services.keys import CAPABILITIES, new_key


class Operator:
    """Runs commands; `err` is the standard error of the last one."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.err = ""
        self._capsys = capsys

    def run(self, *arguments: str, code: ExitCode = ExitCode.OK) -> str:
        """One command with the exit code that is expected; its standard output."""
        self._capsys.readouterr()
        found = cli.run(list(arguments))
        shown = self._capsys.readouterr()
        self.err = shown.err
        assert found == code, shown.err
        return shown.out

    def json(self, *arguments: str, code: ExitCode = ExitCode.OK) -> Any:
        """One command's JSON."""
        return json.loads(self.run(*arguments, "--json", code=code))


@contextmanager
def allowed(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, bootstrap: str, prefix: str, partitions: int
) -> Iterator[None]:
    """Settings of a deployment in simulated time, and the key of somebody who may do everything."""
    keys = folder / "keys.json"
    for name, value in {
        "BOOTSTRAP_SERVERS": bootstrap,
        "TOPIC_PREFIX": prefix,
        "PARTITIONS": str(partitions),
        "TIME_MODE": "events",
        "API_KEYS_FILE": str(keys),
    }.items():
        monkeypatch.setenv(f"GOODSTANDING_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    connect.present(new_key(keys, "ada", CAPABILITIES))
    yield
    connect.present("")
