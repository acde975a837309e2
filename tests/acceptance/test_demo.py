"""The demo, as anybody would run it: everything starts, the story comes true, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.exit_codes import ExitCode

PROJECT = Path(__file__).parents[2]
TIMEOUT_S = 600
GONE_TIMEOUT_S = 20

pytestmark = [pytest.mark.kafka, pytest.mark.acceptance]


@pytest.fixture
def state(stack_folder: Path) -> Iterator[Path]:
    """A state folder of its own, that shares Kafka's jars."""
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=stack_folder))
    (folder / "kafka-jars").symlink_to(PROJECT / ".goodstanding" / "kafka-jars")
    yield folder
    assert processes_of(folder) == {}, "the demo left processes behind"


@pytest.mark.timeout(TIMEOUT_S)
def test_the_whole_story_comes_true_and_nothing_is_left_running(state: Path) -> None:
    """Exit code 0 says that each claim held; see `services/demo/claims.py`."""
    done = subprocess.run(
        command("demo", "--stop", "1"), env=environment(state), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "✗" not in done.stdout
    assert done.stdout.count("✓") > 20
    wait_until_gone(state)


@pytest.mark.timeout(TIMEOUT_S)
def test_a_killed_demo_takes_everything_with_it(state: Path) -> None:
    """Its servers and workers are tied to it, whatever ends it."""
    demo = subprocess.Popen(
        command("demo"), env=environment(state), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert demo.stderr is not None
    with demo.stderr:
        for line in demo.stderr:
            if line.startswith("day "):  # the workers run, and are at work
                break
        assert len(processes_of(state)) >= 8  # six workers, Kafka and PostgreSQL
        demo.send_signal(signal.SIGKILL)
    demo.wait(GONE_TIMEOUT_S)
    wait_until_gone(state)


@pytest.mark.timeout(TIMEOUT_S)
def test_what_is_up_goes_down_and_comes_up_again_with_its_data(state: Path) -> None:
    """For development: in real time, until somebody says `down`."""
    for _ in range(2):
        running = subprocess.Popen(
            command("up"),
            env=environment(state),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert running.stdout is not None
        with running.stdout:
            assert running.stdout.readline().startswith("everything runs")
            assert (state / "local.env").stat().st_mode & 0o077 == 0
            subprocess.run(command("down"), env=environment(state), check=True, stdout=subprocess.DEVNULL)
        assert running.wait(GONE_TIMEOUT_S) == 0
        wait_until_gone(state)
    assert not (state / "local.env").exists()
    again = subprocess.run(command("down"), env=environment(state), check=False, capture_output=True)
    assert again.returncode == ExitCode.NOT_FOUND


def command(*words: str) -> list[str]:
    """The command line, in this Python."""
    return [sys.executable, "-m", "services.cli", *words]


def environment(state: Path) -> dict[str, str]:
    """Where it keeps its state; nothing else of this shell's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOODSTANDING_")}
    return {**kept, "GOODSTANDING_STATE_FOLDER": str(state)}


def wait_until_gone(state: Path) -> None:
    """Wait until no process has anything to do with the folder."""
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while (left := processes_of(state)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == {}


def processes_of(state: Path) -> dict[int, str]:
    """Processes that name the folder on their command line or in their environment, but for this one."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                around = (entry / "environ").read_bytes()
            except OSError:
                continue
            if line and (str(state) in line or str(state).encode() in around):
                found[int(entry.name)] = line
    return found
