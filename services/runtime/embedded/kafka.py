"""Apache Kafka on loopback: one KRaft node by default, more to see leaders move."""

from __future__ import annotations

import asyncio
import base64
import signal
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from aiokafka.client import AIOKafkaClient

from services.runtime.embedded.child import (
    HOST,
    STOP_TIMEOUT_S,
    Child,
    Say,
    exclusive,
    free_port,
    listens,
    require_free,
    say_on_stderr,
)
from services.runtime.embedded.jars import fetch_jars, java, run_java

HEAP_MIB = 512
FORMAT_TIMEOUT_S = 60.0
QUORUM_TIMEOUT_S = 3.0
INTERNAL_PARTITIONS = 8
REPLICAS_MAX = 3

JVM_OPTIONS = [
    f"-Xmx{HEAP_MIB}m",
    f"-Xms{HEAP_MIB // 2}m",
    "-XX:+UseG1GC",
    "-Djava.awt.headless=true",
]
LOGGING = """\
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
"""


class EmbeddedKafka:
    """A Kafka cluster that lives in `folder` and listens on loopback.

    `bootstrap` stays the same over stops and starts of one object. `port` 0 takes any free one; with several
    brokers it is the first one's. `jars` is where Kafka's jars are kept (by default beside `folder`);
    `overrides` are broker settings.
    Every method raises `EmbeddedError`, whose message says what to do.
    """

    def __init__(
        self,
        folder: Path,
        *,
        jars: Path | None = None,
        port: int = 0,
        brokers: int = 1,
        overrides: Mapping[str, str] | None = None,
        say: Say = say_on_stderr,
    ) -> None:
        self.folder = folder.resolve()
        self._jars = (jars or self.folder.parent / "kafka-jars").resolve()
        self._ports = [port or free_port(), *(free_port() for _ in range(brokers - 1))]
        self._controller_ports = [free_port() for _ in range(brokers)]
        self._overrides = dict(overrides or {})
        self._say = say
        self._held = ExitStack()
        self._children = [
            Child(self._name(node), self._home(node) / "kafka.log", on_orphaned=signal.SIGKILL, say=say)
            for node in range(brokers)
        ]

    @property
    def bootstrap(self) -> str:
        """What clients are given as their bootstrap servers."""
        return ",".join(f"{HOST}:{port}" for port in self._ports)

    @property
    def running(self) -> bool:
        """Whether any broker runs."""
        return any(child.running for child in self._children)

    def pid(self, node: int = 0) -> int:
        """The process id of one broker, for signals."""
        return self._children[node].pid

    def start(self, node: int | None = None) -> Self:
        """Start all brokers (or one), and wait until they serve. Does nothing for those that run."""
        if not self.running:
            self._held.enter_context(exclusive(self.folder))
        try:
            for each in self._nodes(node):
                if not self._children[each].running:
                    self._spawn(each)
            for each in self._nodes(node):
                self._children[each].wait_until(partial(self._serves, each))
        except BaseException:
            self.kill(node)
            raise
        return self

    def stop(self, node: int | None = None) -> None:
        """Stop all brokers (or one) in order."""
        nodes = self._nodes(node)
        patience = STOP_TIMEOUT_S if len(nodes) == 1 else QUORUM_TIMEOUT_S
        # All are asked before any is waited for: the last of a cluster has no quorum to leave in order.
        for each in nodes:
            self._children[each].ask(signal.SIGTERM)
        for each in nodes:
            self._children[each].stop(signal.SIGTERM, timeout_s=patience)
        self._release()

    def kill(self, node: int | None = None) -> None:
        """Kill all brokers (or one) with SIGKILL, as a crash would."""
        for each in self._nodes(node):
            self._children[each].kill()
        self._release()

    def restart(self, node: int | None = None) -> None:
        """Stop and start all brokers (or one) on the same ports."""
        self.stop(node)
        self.start(node)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _nodes(self, node: int | None) -> Sequence[int]:
        return range(len(self._children)) if node is None else [node]

    def _name(self, node: int) -> str:
        return "Kafka" if len(self._ports) == 1 else f"Kafka broker {node}"

    def _home(self, node: int) -> Path:
        return self.folder / f"broker-{node}"

    def _release(self) -> None:
        if not self.running:
            self._held.close()

    def _spawn(self, node: int) -> None:
        runtime = java()
        fetch_jars(self._jars, self._say)
        require_free(self._ports[node], what=self._name(node))
        if listens(self._controller_ports[node]) and len(self._ports) == 1:
            # Another program took it meanwhile; a lone controller may simply move.
            self._controller_ports[node] = free_port()
        home = self._home(node)
        home.mkdir(parents=True, exist_ok=True)
        (home / "log4j2.properties").write_text(LOGGING)
        configuration = home / "server.properties"
        configuration.write_text("".join(f"{key}={value}\n" for key, value in self._properties(node).items()))
        if not (home / "data" / "meta.properties").exists():
            self._format(configuration)
        logging = f"-Dlog4j2.configurationFile={(home / 'log4j2.properties').as_uri()}"
        command = [runtime, *JVM_OPTIONS, logging, "-cp", f"{self._jars}/*"]
        self._children[node].spawn([*command, "kafka.Kafka", str(configuration)])

    def _format(self, configuration: Path) -> None:
        cluster = self.folder / "cluster-id"
        if not cluster.exists():
            cluster.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
        # One word, because an id may begin with a dash.
        arguments = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster.read_text()}"]
        run_java(
            self._jars,
            [*arguments, "--config", str(configuration)],
            what="formatting Kafka's storage",
            say=self._say,
            timeout_s=FORMAT_TIMEOUT_S,
        )

    def _properties(self, node: int) -> dict[str, str]:
        voters = ",".join(f"{each}@{HOST}:{port}" for each, port in enumerate(self._controller_ports))
        replicas = str(min(REPLICAS_MAX, len(self._ports)))
        minimum = "2" if replicas == "3" else "1"
        return {
            "process.roles": "broker,controller",
            "node.id": str(node),
            "controller.quorum.voters": voters,
            "listeners": f"CLIENT://{HOST}:{self._ports[node]},CONTROLLER://{HOST}:{self._controller_ports[node]}",
            "advertised.listeners": f"CLIENT://{HOST}:{self._ports[node]}",
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self._home(node) / "data"),
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "min.insync.replicas": minimum,
            "offsets.topic.num.partitions": str(INTERNAL_PARTITIONS),
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.num.partitions": str(INTERNAL_PARTITIONS),
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": minimum,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": minimum,
            # Nobody waits for members that aren't there yet.
            "group.initial.rebalance.delay.ms": "0",
            # A killed broker comes back once its old session is over, by default after 9 s.
            "broker.session.timeout.ms": "4000",
            "broker.heartbeat.interval.ms": "500",
            # Fits the small heap; the default takes 128 MiB of it.
            "log.cleaner.dedupe.buffer.size": "33554432",
            **self._overrides,
        }

    def _serves(self, node: int) -> bool:
        """Whether the broker has joined its cluster: a listening port alone would answer too early."""
        if not listens(self._ports[node]):
            return False
        # A thread of its own, because the caller's may be running an event loop already.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return node in thread.submit(asyncio.run, _brokers(f"{HOST}:{self._ports[node]}")).result()


async def _brokers(bootstrap: str) -> set[int]:
    """The ids of the brokers that serve, as one of them tells."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await client.bootstrap()
        return {broker.nodeId for broker in client.cluster.brokers()}
    except Exception:  # noqa: BLE001 - whatever it is, the broker isn't ready, and the wait above is bounded
        return set()
    finally:
        await client.close()
