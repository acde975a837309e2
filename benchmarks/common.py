"""Engines on a common workload: ours, Kafka Streams, a Faust agent and Quix Streams on the same posts.

`common_work.py` says what is done with a post. Posts lie ready in one topic; the engines read it one after
the other, each run with a group, state and output topic of its own, in rounds whose order alternates. Every
run's outputs are compared with what the posts call for, record by record, before its figures count; one that
differs ends the measuring. Ours, Kafka Streams and Quix work exactly once, the Faust agent at least once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks import common_latency, streams_peer
from benchmarks.common_model import Expected, Model, literals_of, written
from benchmarks.common_work import read_literals
from benchmarks.measure import Failed, tail_ms
from benchmarks.peers import Committed, Pace, Program, Warmth, committed_values, pace, running, watch
from benchmarks.stack import PARTITIONS, Stack, community_policy, load
from services.runtime.embedded.child import free_port, say_on_stderr
from services.runtime.kafka import admin
from services.runtime.settings import Settings

ROUNDS: Final = 3
GUESS_PER_S: Final = 100_000
"""How many posts are laid ready for each second of a run."""
WARM_S: Final = 6.0
"""From an engine's first commit on."""
WARM: Final = Warmth(WARM_S)
WARM_JVM: Final = Warmth(WARM_S, 400_000, 40.0)
"""A JVM compiles what has run often enough, and for that it needs posts; most of it is done by then."""


class Engine(NamedTuple):
    """One engine: what its figures are called, whether it works exactly once, why it can't be measured.

    `copies` are processes of ours, and threads of Kafka Streams.
    """

    name: str
    kind: str
    exactly_once: bool = True
    copies: int = 1
    missing: str = ""
    python: str = sys.executable


class Ready(NamedTuple):
    """Where everything is: the topic of posts, the literals, and what is to come of them."""

    stack: Stack
    settings: Settings
    literals: Path
    expected: list[Expected]
    seconds: float


async def measure(
    stack: Stack, seconds: float, seed: int, *, rounds: int = ROUNDS, quix_python: str = ""
) -> dict[str, Any]:
    """The pace of each engine: the median of all rounds, and how ours compares."""
    ready = await _lay_ready(stack, seconds, seed)
    engines = await _engines(quix_python)
    measured = [engine for engine in engines if not engine.missing]
    paces: dict[str, list[Pace]] = {engine.name: [] for engine in measured}
    written_bytes: dict[str, float] = {}
    for turn in range(rounds):
        for engine in measured if turn % 2 == 0 else reversed(measured):
            found, written_bytes[engine.name] = await _run(ready, engine, f"{engine.name}-{turn}")
            paces[engine.name].append(found)
    late = {
        engine.name: await _latencies(ready, engine, median(p.per_s for p in paces[engine.name]) / 2, seed)
        for engine in measured
        if engine.copies == 1
    }
    return {
        "common.posts": sum(expected.end for expected in ready.expected),
        "common.outputs": sum(len(expected.values) for expected in ready.expected),
        "common.literals": len(read_literals(ready.literals)),
        "common.rounds": rounds,
        **{
            name: value
            for engine in engines
            for name, value in _figures(engine, paces.get(engine.name, [])).items()
        },
        **{f"common.{name}_broker_bytes_per_post": round(each) for name, each in written_bytes.items()},
        **{
            figure: value
            for name, times in late.items()
            for figure, value in tail_ms(f"common.{name}_latency", times).items()
        },
        **_ratios(paces),
    }


async def _engines(quix_python: str) -> list[Engine]:
    no_java = streams_peer.missing()
    if not no_java:
        await asyncio.to_thread(streams_peer.build)
    return [
        Engine("ours", "ours"),
        Engine("kafka_streams", "streams", missing=no_java),
        Engine("faust", "faust", exactly_once=False),
        Engine("quix", "quix", missing=await _no_quix(quix_python), python=quix_python),
        Engine("ours_two_processes", "ours", copies=2),
        Engine("kafka_streams_two_threads", "streams", copies=2, missing=no_java),
    ]


async def _no_quix(python: str) -> str:
    """Why Quix can't be measured; "" when it can."""
    remedy = "pip install quixstreams hyperscan msgspec into a venv; --quix-python its python"
    if not python:
        return f"quixstreams isn't installed ({remedy})"
    try:
        process = await asyncio.create_subprocess_exec(
            python, "-c", "import quixstreams, hyperscan, msgspec", stderr=asyncio.subprocess.DEVNULL
        )
    except OSError as error:
        return f"`{python}` can't be run: {error.strerror} ({remedy})"
    if await process.wait():
        return f"`{python}` can't import quixstreams, hyperscan and msgspec ({remedy})"
    return ""


async def _lay_ready(stack: Stack, seconds: float, seed: int) -> Ready:
    settings = stack.settings("common")
    literals = stack.folder / "literals.txt"
    literals.write_text("".join(f"{literal}\n" for literal in literals_of(community_policy())), "utf-8")
    model = Model(read_literals(literals))
    number = int(GUESS_PER_S * (WARM_S + seconds))
    async with _cluster(stack) as client:
        await client.create_topics([NewTopic(settings.topic("posts"), PARTITIONS, 1)])
        await load(stack.bootstrap, settings.topic("posts"), model.watch(written(seed, number)))
    return Ready(stack, settings, literals, model.expected, seconds)


# --- one run of one engine
# ------------------------------------------------------------------------------------------------------------


async def _run(ready: Ready, engine: Engine, name: str) -> tuple[Pace, float]:
    """One engine's pace, once its outputs are seen to be right, and the bytes in the log for each post.

    Its topics are removed afterwards.
    """
    settings, bootstrap = ready.settings, ready.stack.bootstrap
    warmth = WARM_JVM if engine.kind == "streams" else WARM
    ends = {at: expected.end for at, expected in enumerate(ready.expected)}
    async with _cluster(ready.stack) as client:
        await client.create_topics(_topics(engine, settings.topic(name)))
        committed = Committed(client, settings.topic(name), settings.topic("posts"), PARTITIONS)
        before = _log_bytes(ready.stack.folder, settings.topic(name))
        with running(name, _programs(ready, engine, name), ready.stack.folder / f"{name}.log") as processes:
            sights = await watch(processes, committed, ends, warmth=warmth, seconds=ready.seconds)
        outputs = await committed_values(bootstrap, settings.topic(f"{name}-out"), PARTITIONS)
        done = await committed.offsets()
        check(engine, ready.expected, outputs, done)
        each = (_log_bytes(ready.stack.folder, settings.topic(name)) - before) / sum(done.values())
        await client.delete_topics(
            [each for each in await client.list_topics() if settings.topic(name) in each]
        )
    found = pace(processes, sights, warmth)
    say_on_stderr(
        f"{name}: {found.per_s:,.0f} posts/s over {found.seconds:.0f} s, {found.cpu_us:.1f} µs each, "
        f"{found.rss_mib:.0f} MiB; all {sum(map(len, outputs)):,} outputs are right"
    )
    return found, each


def _log_bytes(folder: Path, group: str) -> int:
    """What the broker keeps of an engine's topics and its own: those of earlier runs are being deleted."""
    return sum(
        file.stat().st_size
        for file in folder.rglob("0*.log")
        if group in file.parent.name or file.parent.name.startswith("__")
    )


async def _latencies(ready: Ready, engine: Engine, per_s: float, seed: int) -> list[float]:
    """Latencies of one engine, whose posts come to a topic of their own."""
    name = f"{engine.name}-live"
    live = ready._replace(settings=ready.stack.settings(name))
    posts_topic, group = live.settings.topic("posts"), live.settings.topic(name)
    model = Model(read_literals(ready.literals))
    number = int(per_s * (common_latency.WARM_S + ready.seconds))
    planned = [*model.watch(written(seed + 1, number))]
    async with _cluster(ready.stack) as client:
        await client.create_topics([NewTopic(posts_topic, PARTITIONS, 1), *_topics(engine, group)])
        committed = Committed(client, group, posts_topic, PARTITIONS)
        with running(name, _programs(live, engine, name), ready.stack.folder / f"{name}.log") as processes:
            return await common_latency.latencies(
                ready.stack.bootstrap,
                posts_topic,
                f"{group}-out",
                processes,
                committed,
                planned,
                model.expected,
                per_s,
            )


def _topics(engine: Engine, group: str) -> list[NewTopic]:
    """The output topic, and where an engine doesn't make it itself, the changelog."""
    compact = {"cleanup.policy": "compact"}
    topics = [NewTopic(f"{group}-out", PARTITIONS, 1)]
    if engine.kind == "ours":
        topics.append(NewTopic(f"{group}-windows", PARTITIONS, 1, topic_configs=compact))
    elif engine.kind == "faust":
        topics.append(NewTopic(f"{group}-windows-changelog", PARTITIONS, 1, topic_configs=compact))
    return topics


def _programs(ready: Ready, engine: Engine, name: str) -> list[Program]:
    """What is run: the processes of an engine."""
    settings, literals = ready.settings, str(ready.literals)
    given = [settings.bootstrap_servers, settings.topic_prefix, name, literals]
    state = str(ready.stack.folder / f"{name}-state")
    if engine.kind == "ours":
        command = [sys.executable, "-m", "benchmarks.common_stage", name, literals]
        return [Program(command, _environment(settings)) for _ in range(engine.copies)]
    if engine.kind == "streams":
        return [Program(streams_peer.command([*given, state, str(engine.copies)]))]
    if engine.kind == "faust":
        return [Program([sys.executable, "-m", "benchmarks.common_faust", *given])]
    return [Program([engine.python, "-m", "benchmarks.quix_peer", *given, state])]


def _environment(settings: Settings) -> dict[str, str]:
    """The settings of one of our processes, whose metrics have a port of their own."""
    given = {
        "bootstrap_servers": settings.bootstrap_servers,
        "topic_prefix": settings.topic_prefix,
        "partitions": settings.partitions,
        "time_mode": settings.time_mode,
        "metrics_port": free_port(),
        "log_level": "warning",
    }
    return {f"GOODSTANDING_{name.upper()}": str(value) for name, value in given.items()}


def check(
    engine: Engine,
    expected: Sequence[Expected],
    outputs: Sequence[Sequence[bytes]],
    committed: Mapping[int, int],
) -> None:
    """Raise `Failed` where an engine's outputs aren't what the posts call for that it has committed.

    Exactly once: just these, in order. At least once: these at least, and without faults none twice, so what
    comes after them is what the next posts call for.
    """
    for at, (wanted, found) in enumerate(zip(expected, outputs, strict=True)):
        due = wanted.below(committed.get(at, 0))
        same = due if engine.exactly_once else wanted.values[: len(found)]
        if found == same and len(found) >= len(due):
            continue
        place = next(
            (n for n, pair in enumerate(zip(found, same, strict=False)) if pair[0] != pair[1]), len(found)
        )
        raise Failed(
            f"{engine.name}: partition {at} has {len(found)} outputs, expected {len(due)} for the "
            f"{committed.get(at, 0)} posts committed; the first that differs is number {place}: "
            f"{found[place : place + 1]}, expected {same[place : place + 1]}; its figures don't count"
        )


@asynccontextmanager
async def _cluster(stack: Stack) -> AsyncIterator[AIOKafkaAdminClient]:
    client = admin(stack.bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


# --- figures
# ------------------------------------------------------------------------------------------------------------


def _figures(engine: Engine, paces: Sequence[Pace]) -> dict[str, Any]:
    """Medians over the rounds, and between which paces they lie."""
    name = f"common.{engine.name}"
    if engine.missing:
        return {f"{name}_posts_per_s": f"not measured: {engine.missing}"}
    rates = [each.per_s for each in paces]
    return {
        f"{name}_posts_per_s": round(median(rates)),
        f"{name}_posts_per_s_range": f"{min(rates):,.0f} to {max(rates):,.0f}",
        f"{name}_cpu_us_per_post": round(median(each.cpu_us for each in paces), 2),
        f"{name}_rss_mib": round(median(each.rss_mib for each in paces)),
    }


def _ratios(paces: Mapping[str, Sequence[Pace]]) -> dict[str, float]:
    """How many times as many posts a second ours takes as a peer, and how much less processor time a post."""
    pairs = {
        "screening.vs_kafka_streams": ("ours", "kafka_streams"),
        "screening.vs_kafka_streams_two": ("ours_two_processes", "kafka_streams_two_threads"),
        "common.vs_faust": ("ours", "faust"),
        "common.vs_quix": ("ours", "quix"),
    }
    found: dict[str, float] = {}
    for name, (ours, theirs) in pairs.items():
        if ours in paces and theirs in paces:
            mine, other = paces[ours], paces[theirs]
            found[name] = round(median(p.per_s for p in mine) / median(p.per_s for p in other), 2)
            found[f"{name}_cpu"] = round(median(p.cpu_us for p in other) / median(p.cpu_us for p in mine), 2)
    return found
