"""Running a deployment: topics, database, workers, the clock, projections, and how far everything is."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import sys
import urllib.error
import urllib.request
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
import typer
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from services import present
from services.clock.clock import State
from services.clock.wall import wall_clock
from services.commands import connect, pipeline
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, err, facts, note, plain, say, table
from services.commands.timekeeping import timekeeper
from services.commands.times import parse_moment, parse_span
from services.exit_codes import ExitCode
from services.keys import ADVANCE, READ, REBUILD
from services.runtime import reading
from services.runtime import topics as broker_topics
from services.runtime.policies import PolicySource
from services.runtime.reading import Position
from services.sentences import moment

STAGES: Final = ("screening", "enforcement", "projecting", "clock", "pulse", "api")
READY_TIMEOUT_S: Final = 3.0

topics = typer.Typer(no_args_is_help=True, help="Make the topics, or tell where the broker's differ.")
clock = typer.Typer(no_args_is_help=True, help="What time the deployment says it is.")
projections = typer.Typer(no_args_is_help=True, help="What PostgreSQL shows, made from the ledger.")
db = typer.Typer(no_args_is_help=True, help="The database's tables.")


@topics.command("create")
def topics_create(as_json: AsJson = False) -> None:
    """Make every topic that isn't there yet; those that are stay as they are."""

    async def work() -> list[str]:
        async with connect.administrator() as admin:
            return await broker_topics.create(admin, connect.settings())

    made = connect.run(work())
    if as_json:
        emit({"created": made})
    else:
        say(f"created {len(made)} topics" + (f": {plain(', '.join(made))}" if made else ": all were there"))


@topics.command("check")
def topics_check(as_json: AsJson = False) -> None:
    """Compare the broker's topics with what this deployment needs; differences make the command fail."""

    async def work() -> list[broker_topics.Mismatch]:
        async with connect.administrator() as admin:
            return await broker_topics.check(admin, connect.settings())

    found = connect.run(work())
    if as_json:
        emit([msgspec.to_builtins(one) for one in found])
    else:
        for one in found:
            say(plain(one))
        say("all topics are as they should be" if not found else f"[bold]{len(found)} differences[/bold]")
    if found:
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


@db.command("migrate")
def db_migrate() -> None:
    """Bring the database's tables to this build. Does nothing where they are."""
    from services.projecting.migrate import migrate  # alembic takes long to import

    async def work() -> None:
        async with connect.database():  # says in plain words when there is none
            pass
        await migrate(connect.settings().postgres_dsn)

    connect.run(work())
    say("the database is as this build needs it")


@projections.command("status")
def projections_status(as_json: AsJson = False) -> None:
    """Show how far the projection has come in each partition of the ledger."""
    connect.operator(READ)

    async def work() -> list[Position]:
        async with connect.database() as pool:
            return await reading.positions(pool)

    found = connect.run(work())
    if as_json:
        emit([one.model_dump(mode="json") for one in found])
        return
    rows = [(one.partition, one.next, one.recorded_at, one.entity, one.sequence, one.build) for one in found]
    table(
        "Projection", ("partition", "next offset", "last recorded", "entity", "its sequence", "build"), rows
    )


@projections.command("rebuild")
def projections_rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the live tables; swap nothing.")
    ] = False,
    if_equal: Annotated[bool, typer.Option("--if-equal", help="Swap only where no row differs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fill new tables from the ledger beside the live ones, compare row by row, and show them instead."""
    connect.operator(REBUILD)
    from services.projecting.rebuild import rebuild  # brings much that no other command needs

    swap: Literal["always", "if_equal", "never"] = "never" if check else "if_equal" if if_equal else "always"
    columns = (TextColumn("rebuilding"), MofNCompleteColumn(), TextColumn("entries"))

    async def work() -> Any:
        async with connect.database():
            with Progress(*columns, console=err, transient=True) as progress:
                task = progress.add_task("", total=None)
                settings = connect.settings()
                return await rebuild(
                    settings.bootstrap_servers,
                    settings.postgres_dsn,
                    prefix=settings.topic_prefix,
                    swap=swap,
                    progress=lambda done, total: progress.update(task, completed=done, total=total),
                )

    report = connect.run(work())
    if as_json:
        emit({"equal": report.equal, **msgspec.to_builtins(report, str_keys=True)})
    else:
        rows = [
            (one.table, one.rows, one.missing, one.added, one.changed, "; ".join(one.examples))
            for one in report.differences
        ]
        table("Rebuilt beside live", ("table", "rows", "missing", "added", "changed", "such as"), rows)
        done = "the new tables are shown now" if report.swapped else "the live tables stay as they were"
        say(
            f"rebuilt {report.entries} entries: {'equal' if report.equal else '[bold]not equal[/bold]'}; "
            f"{done}"
        )
    if not report.equal and swap != "always":
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


@clock.command("show")
def clock_show(as_json: AsJson = False) -> None:
    """Show the clock's last tick and the last activation that it has told everybody."""

    async def work() -> tuple[int, State] | None:
        async with connect.log() as kafka:
            return await present.clock_state(kafka, connect.settings().topic_prefix)

    found = connect.run(work())
    if found is None:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            "the clock hasn't said anything yet",
            "start its worker (`goodstanding worker clock`)",
        )
    state = found[1]
    if as_json:
        emit({"at": _iso(state.at), "sequence": state.sequence, "policy_version": state.version or None})
        return
    sequence = state.sequence if state.sequence >= 0 else None
    facts("Clock", [("last tick", state.at), ("policy", state.version), ("its sequence", sequence)])


@clock.command("advance")
def clock_advance(
    to: Annotated[
        str, typer.Option("--to", help="A time in RFC 3339, or from the last tick on: `+36h`, `+7d`.")
    ],
    settle: Annotated[
        bool, typer.Option("--settle/--no-settle", help="Before, wait until all events sent are decided.")
    ] = True,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="After, wait until everything due has been decided.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Let simulated time run up to a moment (time mode `events` only)."""
    who = connect.operator(ADVANCE)
    at = connect.run(_advance(to, who.actor, settle=settle, wait=wait))
    if as_json:
        emit({"at": _iso(at)})
    else:
        say(f"it is {moment(at)} now")


def worker(
    stage: Annotated[str, typer.Argument(metavar="STAGE", help=f"One of {', '.join(STAGES)}.")],
) -> None:
    """Run a worker until SIGTERM."""
    if stage not in STAGES:
        raise CommandFailed(ExitCode.USAGE, f"unknown stage `{stage}`", f"stages are {', '.join(STAGES)}")
    settings = connect.settings()
    # Importing takes seconds where the machine is busy: who is told to stop meanwhile has begun nothing.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.OK))
    importlib.import_module(f"services.{stage}.worker").main(settings)


def status(
    ready: Annotated[
        list[str] | None, typer.Option(help="Also ask a worker: its address, such as http://127.0.0.1:9100.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far each stage is, what the clock said last, which policy is in force, and who isn't ready."""
    answer = connect.run(_status(ready or []))
    if as_json:
        emit(answer)
    else:
        _show_status(answer)
    if any(one["behind"] is None for one in answer["stages"]) or any(
        not one["ready"] for one in answer["workers"]
    ):
        raise typer.Exit(ExitCode.NOT_REACHABLE)


async def _advance(to: str, actor: str, *, settle: bool, wait: bool) -> datetime:
    async with timekeeper(actor) as keeper:
        return await keeper.advance(_moment(to, await keeper.now()), settle=settle, wait=wait)


def _moment(text: str, last: datetime | None) -> datetime:
    """The time that was asked for. Raises `CommandFailed`."""
    if last is None and parse_span(text) is not None:
        raise CommandFailed(
            ExitCode.USAGE,
            f"`{text}` counts from the last tick, and there was none",
            "name a time in RFC 3339",
        )
    return parse_moment(text, last or wall_clock())


async def _status(addresses: list[str]) -> dict[str, Any]:
    settings = connect.settings()
    prefix = settings.topic_prefix
    async with connect.log() as kafka, connect.administrator() as admin:
        counts = await kafka.partition_counts()
        reader = kafka.reader()
        await reader.start()
        try:
            found = await pipeline.lags(admin, reader, counts, prefix, [*pipeline.CONSUMERS])
            stages = [await _stage(reader, prefix, stage, found) for stage in pipeline.CONSUMERS]
        finally:
            await reader.stop()
        said = await present.clock_state(kafka, prefix)
        policy = await _policy(kafka, counts, prefix)
    workers = await asyncio.gather(*(asyncio.to_thread(_ready, address) for address in addresses))
    state = said[1] if said else None
    return {
        "stages": stages,
        "clock": {"at": _iso(state.at) if state else None, "sequence": state.sequence if state else None},
        "policy": policy,
        "workers": [*workers],
    }


async def _stage(reader: Any, prefix: str, stage: str, found: list[pipeline.Lag]) -> dict[str, Any]:
    mine = [lag for lag in found if lag.stage == stage]
    began = any(lag.next_offset is not None for lag in mine)
    quiet = bool(mine) and await pipeline.idle(reader, prefix, mine)
    behind = 0 if quiet else sum(lag.behind for lag in mine)
    return {
        "stage": stage,
        "behind": behind if mine else None,
        "started": began,
        "positions": {f"{lag.topic}-{lag.partition}": [lag.next_offset, lag.end_offset] for lag in mine},
    }


async def _policy(kafka: Any, counts: dict[str, int], prefix: str) -> dict[str, Any] | None:
    if prefix + "control" not in counts or prefix + "policies" not in counts:
        return None
    async with PolicySource(kafka, prefix) as source:
        latest = source.latest()
    return {"sequence": latest[0], "version": latest[1].version, "name": latest[1].name} if latest else None


def _ready(address: str) -> dict[str, Any]:
    """What a worker says of itself."""
    url = address.rstrip("/") + "/ready"
    if not url.startswith(("http://", "https://")):
        return {
            "address": address,
            "ready": False,
            "reasons": ["expected an address such as http://127.0.0.1:9100"],
        }
    try:
        with urllib.request.urlopen(url, timeout=READY_TIMEOUT_S) as answer:  # noqa: S310 - http only, checked above
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = json.load(error)
    except (OSError, ValueError) as error:
        return {"address": address, "ready": False, "reasons": [f"no answer: {error}"]}
    return {"address": address, "ready": bool(said.get("ready")), "reasons": list(said.get("reasons", []))}


def _show_status(answer: dict[str, Any]) -> None:
    rows = [
        (
            one["stage"],
            "no topics" if one["behind"] is None else one["behind"],
            "yes" if one["started"] else "no",
        )
        for one in answer["stages"]
    ]
    table("Stages", ("stage", "behind", "has committed"), rows)
    policy = answer["policy"]
    facts(
        "",
        [
            ("clock", answer["clock"]["at"] or "no tick yet"),
            (
                "policy",
                f"{policy['name']}, `{policy['version'][:12]}`, sequence {policy['sequence']}"
                if policy
                else "none",
            ),
        ],
    )
    for one in answer["workers"]:
        reasons = "; ".join(one["reasons"])
        say(
            f"{plain(one['address'])}: "
            + ("ready" if one["ready"] else f"[bold]not ready[/bold]: {plain(reasons)}")
        )
    if any(one["behind"] is None for one in answer["stages"]):
        note("topics are missing: run `goodstanding topics create`")


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
