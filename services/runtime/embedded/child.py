"""A server process of the embedded stack: started, watched until ready, stopped, never left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
POLL_INTERVAL_S = 0.05
PROGRESS_AFTER_S = 2.0
PROGRESS_INTERVAL_S = 5.0
TAIL_BYTES_MAX = 4_000

TETHER = Path(__file__).with_name("tether.py")

# The kernel ties a child to the thread that made it: one thread, which lives as long as the process, makes
# them all.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-stack")

Say = Callable[[str], None]


class EmbeddedError(Exception):
    """The embedded stack can't do what was asked. The message says what to do about it."""


def say_on_stderr(line: str) -> None:
    """Show one line of progress to whoever waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Child:
    """One server process. Its output goes to `log`, which is kept across restarts.

    `on_orphaned` is the signal that it gets when this process goes away.
    """

    def __init__(self, name: str, log: Path, *, on_orphaned: signal.Signals, say: Say) -> None:
        self.name = name
        self._log = log
        self._on_orphaned = on_orphaned
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id, for signals. Raises `EmbeddedError` when it isn't running."""
        if self._process is None or not self.running:
            raise EmbeddedError(f"{self.name} isn't running: start it first")
        return self._process.pid

    def spawn(
        self, command: Sequence[str], *, not_root: Path | None = None, environment: Path | None = None
    ) -> int:
        """Start the process in a session of its own, so that Ctrl-C reaches only who stops it in order.

        `environment` is a file of `NAME=value` lines that change its variables. Gives the process id, which
        may be gone already.
        """
        self._log.touch(mode=0o600)
        self._log_start = self._log.stat().st_size
        with self._log.open("ab") as output:
            tethered = tether(command, self._on_orphaned, not_root=not_root, environment=environment)
            self._process = spawn(tethered, output)
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until `ready()`.

        Raises `EmbeddedError` with the end of the log when the process dies or the time is up.
        """
        tick = progress(self._say, f"waiting for {self.name}")
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise EmbeddedError(f"{self.name} stopped while starting; {self._evidence()}")
            if time.monotonic() > deadline:
                self.kill()
                late = f"{self.name} wasn't ready after {timeout_s:.0f} s: is the machine overloaded?"
                raise EmbeddedError(f"{late} {self._evidence()}")
            tick()
            time.sleep(POLL_INTERVAL_S)

    def stop(self, how: signal.Signals, *, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask the process to stop and wait; kill it when it hasn't by then. No fault if it isn't running."""
        if self._process is None:
            return
        self.ask(how)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._say(f"{self.name} didn't stop within {timeout_s:.0f} s: killed")
            self.kill()

    def ask(self, how: signal.Signals) -> None:
        """Send a signal without waiting for what comes of it. No fault if it isn't running."""
        if self._process is not None:
            self._process.send_signal(how)

    def kill(self) -> None:
        """Kill the process without any warning and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _evidence(self) -> str:
        """The end of what the process has printed since it was last started, and where the rest is."""
        with self._log.open("rb") as log:
            log.seek(max(self._log_start, self._log.stat().st_size - TAIL_BYTES_MAX))
            return f"the end of `{self._log}`:\n{log.read().decode(errors='replace').strip()}"


def tether(
    command: Sequence[str],
    on_orphaned: signal.Signals,
    *,
    not_root: Path | None = None,
    environment: Path | None = None,
) -> list[str]:
    """The command that runs `command` so that it gets `on_orphaned` when this process goes away."""
    program = [sys.executable, "-I", "-S", str(TETHER)]
    options = ["--not-root", str(not_root)] if not_root else []
    options += ["--environment", str(environment)] if environment else []
    return [*program, str(os.getpid()), str(int(on_orphaned)), *options, "--", *command]


def spawn(command: Sequence[str], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start a command with its output in a file, from the thread that children are tied to."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )

    return _SPAWNER.submit(start).result()


def run(
    command: Sequence[str], *, what: str, say: Say, timeout_s: float, not_root: Path | None = None
) -> None:
    """Run a command to its end. Raises `EmbeddedError` with the end of its output when it fails."""
    process = spawn(tether(command, signal.SIGKILL, not_root=not_root), subprocess.PIPE)
    output = _output(process, what=what, say=say, timeout_s=timeout_s).decode(errors="replace").strip()
    if process.returncode != 0:
        raise EmbeddedError(f"{what} failed with exit code {process.returncode}:\n{output[-TAIL_BYTES_MAX:]}")


def _output(process: subprocess.Popen[bytes], *, what: str, say: Say, timeout_s: float) -> bytes:
    """All that a process prints until it ends. Raises `EmbeddedError` when it takes too long."""
    tick = progress(say, what)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            return process.communicate(timeout=PROGRESS_AFTER_S)[0]
        except subprocess.TimeoutExpired:
            tick()
    process.kill()
    process.communicate()
    raise EmbeddedError(f"{what} took longer than {timeout_s:.0f} s: given up")


def progress(say: Say, what: str) -> Callable[[], None]:
    """A function to call while waiting: says how long it has been, from two seconds on and not too often."""
    begin = time.monotonic()
    due = begin + PROGRESS_AFTER_S

    def tick() -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due:
            say(f"{what} ({now - begin:.0f} s)")
            due = now + PROGRESS_INTERVAL_S

    return tick


@contextmanager
def exclusive(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a folder for this process.

    Raises `EmbeddedError` when another process holds it, unless this one may `wait`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".in-use").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            holder = f"`{folder}` is in use by process {file.read().strip()}"
            raise EmbeddedError(f"{holder}: stop that first, or use another state folder") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def free_port() -> int:
    """A TCP port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, *, what: str) -> None:
    """Raise `EmbeddedError` when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise EmbeddedError(
                f"can't start {what} on `{HOST}:{port}`, which is taken ({error.strerror}): "
                "stop what listens there, or choose another port (0: any free one)"
            ) from None


def listens(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0
