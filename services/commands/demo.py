"""`goodstanding demo`, `up` and `down`: a whole deployment on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Console

from events.policy import Policy
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import err, note, plain, say
from services.demo import account, cast, claims
from services.demo.crowd import Crowd
from services.demo.deployment import Deployment, running_pid
from services.demo.desk import ADA, BEA
from services.demo.play import OPERATOR, Progress, play
from services.demo.stream import opened
from services.demo.texts import read_texts
from services.exit_codes import ExitCode
from services.runtime import topics
from services.runtime.kafka import admin
from services.runtime.settings import Settings

DEMO: Final = "demo"
LOCAL: Final = "local"
DEMO_PARTITIONS: Final = 4
LOCAL_PARTITIONS: Final = 4
SEED: Final = 1
DOWN_TIMEOUT_S: Final = 60.0
POLL_S: Final = 0.2
COLUMNS_MIN: Final = 110
"""As wide as the story's tables are, where the output isn't a terminal of its own width."""


def demo(
    texts: Annotated[
        Path | None,
        typer.Option(help="Real comments for the crowd to write: one a line, or a .csv or .tsv file."),
    ] = None,
    stop: Annotated[
        int, typer.Option("--stop", min=0, max=1, help="1: stop at the end, and fail unless all came true.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Another seed is another crowd.")] = SEED,
) -> None:
    """Start everything on this machine, play a community's 200 days through it, and show what came of it."""
    bodies = read_texts(texts) if texts else []
    say("[bold]Goodstanding's demo[/bold]: 200 simulated days of a community, real Kafka and PostgreSQL")
    with _stoppable(), _deployed(DEMO, DEMO_PARTITIONS, "events", fresh=True) as deployment:
        second = deployment.env_file.with_name("demo-second-person.env")
        deployment.write_env(deployment.new_key(ADA))
        deployment.write_env(deployment.new_key(BEA), second)
        held = asyncio.run(_play(deployment, seed, bodies))
        wrong = [one for one in held if not one.true]
        if stop:
            say(f"\n{len(held) - len(wrong)} of {len(held)} came true; stopping everything")
        else:
            account.tell_how_to_look(_console(), deployment, second)
            note("\nCtrl-C stops everything")
            _wait(deployment)
    if stop and wrong:
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


def up() -> None:
    """Start Kafka, PostgreSQL and all workers on this machine, in real time, until Ctrl-C or `down`."""
    with _stoppable(), _deployed(LOCAL, LOCAL_PARTITIONS, "log", fresh=False) as deployment:
        key = deployment.new_key("developer")
        deployment.write_env(key)
        asyncio.run(_activate(deployment))
        say(f"everything runs: `source {plain(deployment.env_file)}`, then `goodstanding status`")
        say(
            f"API and its documentation: {deployment.addresses['api']}/docs; logs: {plain(deployment.folder)}"
        )
        note("Ctrl-C stops everything; data stays")
        _wait(deployment)


def down() -> None:
    """Stop what `up` has started, wherever it runs."""
    folder = connect.settings().state_folder.resolve() / LOCAL
    pid = running_pid(folder) if folder.exists() else None
    if pid is None:
        raise CommandFailed(ExitCode.NOT_FOUND, "nothing is up", "start it with `goodstanding up`")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_TIMEOUT_S
    while running_pid(folder) is not None:
        if time.monotonic() > deadline:
            raise CommandFailed(
                ExitCode.NOT_YET,
                f"process {pid} still runs after {DOWN_TIMEOUT_S:.0f} s",
                "look at what it prints, and stop it by hand",
            )
        time.sleep(POLL_S)
    say("everything is stopped; data stays")


@contextmanager
def _deployed(
    name: str, partitions: int, time_mode: Literal["log", "events"], *, fresh: bool
) -> Iterator[Deployment]:
    """A deployment whose workers are ready, with topics and tables as this build needs them."""
    began = time.monotonic()
    made = Deployment(
        connect.settings(),
        name,
        partitions=partitions,
        time_mode=time_mode,
        fresh=fresh,
        say=lambda line: note(f"[dim]{plain(line)}[/dim]"),
    )
    with made as deployment:
        asyncio.run(_prepare(deployment.settings))
        deployment.start_workers()
        took_s = time.monotonic() - began
        note(f"[dim]Kafka, PostgreSQL and {len(deployment.addresses)} workers, after {took_s:.0f} s[/dim]")
        try:
            yield deployment
        finally:
            note("[dim]stopping[/dim]")


async def _prepare(settings: Settings) -> None:
    from services.projecting.migrate import migrate  # alembic takes long to import

    client = admin(settings.bootstrap_servers)
    await client.start()
    try:
        await topics.create(client, settings)
    finally:
        await client.close()
    await migrate(settings.postgres_dsn)


def _policy(settings: Settings) -> Policy:
    from events.policy_text import read_policy
    from services.screening.guidelines import (
        known_rules,  # brings the pattern matcher, which takes long to load
    )

    return read_policy(settings.policy_path.read_text("utf-8"), known_rules())


async def _activate(deployment: Deployment) -> None:
    async with opened(deployment.settings, deployment.stopped_worker) as stream:
        await stream.activate(_policy(deployment.settings), OPERATOR)


async def _play(deployment: Deployment, seed: int, bodies: list[str]) -> list[claims.Held]:
    began = time.monotonic()
    crowd = Crowd(seed, bodies=bodies)
    async with opened(deployment.settings, deployment.stopped_worker) as stream:
        await stream.activate(_policy(deployment.settings), OPERATOR)
        events = crowd.events()
        played = await play(stream, events, cast.scenes(), cast.day(200, 0), _tell)
        note(f"[dim]200 days took {time.monotonic() - began:.0f} s[/dim]")
        asked = claims.Asked(stream, deployment.settings, own_words=not bodies)
        held = await claims.ask_all(asked)
        await account.tell(_console(), asked, played, held)
        return held


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=COLUMNS_MIN)


def _tell(progress: Progress) -> None:
    if progress.title:
        err.print(f"[dim]day {progress.day:>3}[/dim]  {plain(progress.title)}", soft_wrap=True)


def _wait(deployment: Deployment) -> None:
    """Until Ctrl-C, or until a worker ends by itself."""
    try:
        while (stopped := deployment.stopped_worker()) is None:
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        return
    raise CommandFailed(
        ExitCode.NOT_REACHABLE, f"the worker `{stopped}` has stopped", f"see `{deployment.log_of(stopped)}`"
    )


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM is the same as Ctrl-C, which is heard also where a shell started this in the background."""
    before_int = signal.signal(signal.SIGINT, signal.default_int_handler)
    before_term = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before_term)
        signal.signal(signal.SIGINT, before_int)
