"""A whole deployment on this machine: Kafka, PostgreSQL and one process per stage, all dying with this one.

What a shell needs to talk to it is written to an env file beside its folder, for its owner only.
"""

from __future__ import annotations

import json
import secrets  # noqa: TID251 - makes the deployment's identity key, which must not be derivable
import shlex
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from services.commands.connect import KEY_VARIABLE
from services.flow import STAGES
from services.keys import CAPABILITIES, KeyTable, new_key, revoke_key
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres
from services.runtime.embedded.child import HOST, Child, EmbeddedError, Say, exclusive, free_port
from services.runtime.settings import ENV_PREFIX, Settings, load_settings

JARS: Final = "kafka-jars"
READY_TIMEOUT_S: Final = 60.0
READY_CALL_TIMEOUT_S: Final = 2.0
STOP_TIMEOUT_S: Final = 15.0


class Deployment:
    """One deployment by name, with its data in the state folder. Use as a context manager.

    Every method raises `EmbeddedError`, whose message says what to do. `fresh` throws away what an earlier
    one of that name left behind.
    """

    def __init__(
        self,
        base: Settings,
        name: str,
        *,
        partitions: int,
        time_mode: Literal["log", "events"],
        fresh: bool,
        say: Say,
    ) -> None:
        self.folder: Final = base.state_folder.resolve() / name
        self.env_file: Final = self.folder.with_suffix(".env")
        self._base = base
        self._partitions = partitions
        self._time_mode = time_mode
        self._fresh = fresh
        self._say = say
        self._held = ExitStack()
        self._workers: dict[str, Child] = {}
        self._written: list[Path] = []
        self._ports = {stage: free_port() for stage in STAGES}
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """How to reach it. Exists once its servers have been started."""
        assert self._settings is not None, "enter the deployment first"
        return self._settings

    @property
    def keys_file(self) -> Path:
        """Where the API's keys are known."""
        return self.folder / "keys.json"

    @property
    def addresses(self) -> Mapping[str, str]:
        """Each stage's address for health and metrics; the API's own for the API."""
        return {stage: f"http://{HOST}:{port}" for stage, port in self._ports.items()}

    def __enter__(self) -> Self:
        """Start Kafka and PostgreSQL; `start_workers` is apart, since topics and tables come in between."""
        if self._fresh and self.folder.exists():
            with exclusive(self.folder):
                shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._held.enter_context(exclusive(self.folder))
            jars = self._base.state_folder.resolve() / JARS
            kafka = self._held.enter_context(EmbeddedKafka(self.folder / "kafka", jars=jars, say=self._say))
            postgres = self._held.enter_context(EmbeddedPostgres(self.folder / "postgres", say=self._say))
        except BaseException:
            self._held.close()
            raise
        self._settings = self._made_settings(kafka.bootstrap, postgres.dsn)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything in order: workers, then servers. What was to be sourced leads nowhere then."""
        for path in self._written:
            path.unlink(missing_ok=True)
        self.stop_workers()
        self._held.close()

    def start_workers(self, stages: Sequence[str] = tuple(STAGES)) -> None:
        """Start one process per stage, and wait until each says that it is ready."""
        for stage in stages:
            environment = self.folder / f"{stage}.env"
            _write_private(environment, self._worker_lines(stage))
            child = Child(stage, self.log_of(stage), on_orphaned=signal.SIGKILL, say=self._say)
            self._workers[stage] = child
            child.spawn([sys.executable, "-m", "services.cli", "worker", stage], environment=environment)
        for stage in stages:
            self._workers[stage].wait_until(partial(self._is_ready, stage), timeout_s=READY_TIMEOUT_S)

    def stop_workers(self) -> None:
        """Ask all workers to finish, and wait; none is left behind."""
        for child in self._workers.values():
            child.ask(signal.SIGTERM)
        for child in self._workers.values():
            child.stop(signal.SIGTERM, timeout_s=STOP_TIMEOUT_S)
        self._workers.clear()

    def stopped_worker(self) -> str | None:
        """The first stage whose process has ended by itself; None where all run."""
        return next((stage for stage, child in self._workers.items() if not child.running), None)

    def log_of(self, stage: str) -> Path:
        """Where a stage's log is."""
        return self.folder / f"{stage}.log"

    def new_key(self, actor: str, capabilities: Sequence[str] = tuple(CAPABILITIES)) -> str:
        """Make an API key for somebody, in place of an earlier one."""
        if self.keys_file.exists():
            for digest, holder in KeyTable(self.keys_file).holders().items():
                if holder.actor == actor:
                    revoke_key(self.keys_file, digest)
        return new_key(self.keys_file, actor, capabilities)

    def write_env(self, key: str, file: Path | None = None) -> Path:
        """Write a file to `source` in a shell: how to reach the deployment, and as whom."""
        values = {**_variables(self.settings), KEY_VARIABLE: key}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
        path = file or self.env_file
        self._written.append(path)
        _write_private(path, lines)
        return path

    def _made_settings(self, bootstrap: str, dsn: str) -> Settings:
        return load_settings(
            bootstrap_servers=bootstrap,
            topic_prefix="",
            partitions=self._partitions,
            replication_factor=1,
            min_insync_replicas=1,
            instance_id="",
            time_mode=self._time_mode,
            postgres_dsn=dsn,
            identity_key=self._identity_key(),
            policy_path=self._base.policy_path.resolve(),
            state_folder=self._base.state_folder.resolve(),
            api_host=HOST,
            api_port=self._ports["api"],
            api_keys_file=self.keys_file,
        )

    def _identity_key(self) -> str:
        """The key of this deployment, made once: with another one nobody would be recognised again."""
        file = self.folder / "identity-key"
        if not file.exists():
            _write_private(file, [secrets.token_hex(32)])
        return file.read_text().strip()

    def _worker_lines(self, stage: str) -> list[str]:
        values = _variables(self.settings)
        values[f"{ENV_PREFIX}METRICS_HOST"] = HOST
        values[f"{ENV_PREFIX}METRICS_PORT"] = str(self._ports[stage])
        return [f"{name}={value}" for name, value in values.items()]

    def _is_ready(self, stage: str) -> bool:
        try:
            with urllib.request.urlopen(  # noqa: S310 - http on loopback, made above
                self.addresses[stage] + "/ready", timeout=READY_CALL_TIMEOUT_S
            ) as answer:
                return bool(json.load(answer)["ready"])
        except (urllib.error.URLError, OSError, ValueError):
            return False


SHARED: Final = (
    "bootstrap_servers",
    "topic_prefix",
    "partitions",
    "replication_factor",
    "min_insync_replicas",
    "instance_id",
    "time_mode",
    "postgres_dsn",
    "identity_key",
    "policy_path",
    "state_folder",
    "api_host",
    "api_port",
    "api_keys_file",
)
"""The settings that a deployment decides; the others stay as whoever starts it has them."""


def _variables(settings: Settings) -> dict[str, str]:
    return {ENV_PREFIX + name.upper(): str(getattr(settings, name)) for name in SHARED}


def _write_private(path: Path, lines: Sequence[str]) -> None:
    """Write a file that only its owner can read, in place of whatever was there."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")


def running_pid(folder: Path) -> int | None:
    """The process that holds a deployment's folder; None where nobody does."""
    try:
        with exclusive(folder):
            return None
    except EmbeddedError:
        return int((folder / ".in-use").read_text())
