"""`goodstanding state`: what the stages keep of their work, and how to have it made anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from rich.progress import Progress, SpinnerColumn, TextColumn

from services import present
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, err, note, plain, say, table
from services.exit_codes import ExitCode
from services.flow import STAGES
from services.keys import REBUILD
from services.runtime import guard
from services.runtime.context import transactional_id
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.restore import last_guard, opened
from services.runtime.stage import Output
from services.runtime.transaction import commit

if TYPE_CHECKING:  # brings enforcement, which only this command needs, when it runs
    from services.commands.changelog import Changelog, Plan

QUIET_S: Final = 2.0
"""What takes no longer needs no word on how far it is."""

app = typer.Typer(no_args_is_help=True, help="What the stages keep of their work.")


@app.command("rebuild")
def rebuild(
    partition: Annotated[
        list[int] | None, typer.Option("--partition", "-p", help="Only this one; may be repeated.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the changelog `enforcement-state` anew from the ledger, while no worker of enforcement runs.

    With --check, a difference makes the command fail, and the first key is named.
    """
    connect.operator(REBUILD)
    numbers = _numbers(partition)
    with _understood(), _progress() as progress:
        plans = connect.run(_plans(numbers, progress))
    differ = [plan for plan in plans if plan.differences]
    writing = bool(differ) and not check
    if not as_json:
        _show(plans)
    for plan in plans:
        if plan.doubt:
            note(f"[bold]mind[/bold]: {plain(plan.doubt)}")
    if writing:
        if not yes:
            count = sum(len(plan.changes) for plan in differ)
            typer.confirm(f"Write {count} records to `enforcement-state`?", abort=True, err=True)
        with _understood(), _progress() as progress:
            connect.run(_write(differ, progress))
    _answer(plans, written=writing, as_json=as_json)
    if differ and check:
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


@app.command("adopt")
def adopt(
    stage: Annotated[Literal["screening", "clock"], typer.Argument(help="Whose changelog was lost.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Have a stage whose changelog was lost go on at its group's offsets, while no worker of it runs.

    What else was in the changelog is forgotten: of screening, which rules are suspended and what they have
    missed; of the clock, what it said last. Where the changelog knows as much as the group, nothing is done.
    """
    connect.operator(REBUILD)
    if not yes:
        typer.confirm(f"Let {stage} go on at what its group has committed?", abort=True, err=True)
    count = connect.run(_adopt(stage))
    say(f"{stage}: {count} guards written anew; start it again")


async def _adopt(name: str) -> int:
    """Write a guard wherever the group has committed more than the changelog knows of; how many."""
    from services.commands.changelog import check_no_members

    prefix, inputs = connect.settings().topic_prefix, STAGES[name].reads
    changelog = f"{name}-state"
    written = 0
    async with connect.log() as log, connect.administrator() as admin:
        await check_no_members(admin, prefix, name)
        counts = await log.partition_counts()
        if prefix + changelog not in counts:
            raise CommandFailed(
                ExitCode.NOT_FOUND,
                f"topic `{prefix + changelog}` doesn't exist",
                "run `goodstanding topics create`",
            )
        for partition in range(counts[prefix + changelog]):
            at = TopicPartition(prefix + changelog, partition)
            async with asyncio.timeout(CALL_TIMEOUT_S):
                producer = await log.take_over(transactional_id(prefix, changelog, partition), prefix)
            try:
                told = await present.committed_of(admin, prefix + name)
                ats = {topic: TopicPartition(prefix + topic, partition) for topic in inputs}
                offsets = {topic: max(0, told[one].offset) for topic, one in ats.items() if one in told}
                known = await _known(log, at)
                if any(offset > known.get(topic, 0) for topic, offset in offsets.items()):
                    data = guard.encode(offsets, {}, guard.NOTHING, 0)
                    records = {at: [Output(changelog, guard.key(partition), data)]}
                    committed = {
                        ats[topic]: OffsetAndMetadata(offset, "") for topic, offset in offsets.items()
                    }
                    await commit(producer, prefix + name, records, committed)
                    written += 1
            finally:
                await producer.discard()
    return written


async def _known(log: Kafka, at: TopicPartition) -> dict[str, int]:
    """The offsets of the last guard; none where there is none that can be read."""
    async with opened(log) as reader:
        try:
            found = await last_guard(reader, at)
        except Refused:
            return {}
    return {} if found is None else found.offsets


def _numbers(asked: list[int] | None) -> list[int]:
    """The partitions to look at. Raises `CommandFailed` for one that there isn't."""
    count = connect.settings().partitions
    for number in asked or ():
        if not 0 <= number < count:
            raise CommandFailed(
                ExitCode.USAGE,
                f"there is no partition `{number}`: GOODSTANDING_PARTITIONS is {count}",
                f"name one from 0 to {count - 1}",
            )
    return sorted(set(asked or range(count)))


async def _plans(numbers: list[int], progress: Callable[[str], None]) -> list[Plan]:
    async with _opened() as (changelog, _):
        return [await changelog.plan(number, progress) for number in numbers]


async def _write(plans: list[Plan], progress: Callable[[str], None]) -> None:
    async with _opened() as (changelog, check):
        for plan in plans:
            await check()
            await changelog.write(plan, progress)


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Changelog, Any]]:
    """The changelog of this deployment, and a check that still nobody works on it, which was passed once."""
    from services.commands.changelog import check_no_members, opened

    settings = connect.settings()
    prefix = settings.topic_prefix
    async with connect.log() as log, connect.administrator() as admin:
        await check_no_members(admin, prefix)
        said = await present.clock_state(log, prefix)
        answered = said[0] if said else None
        async with opened(log, prefix, settings.partitions, answered) as changelog:
            yield changelog, lambda: check_no_members(admin, prefix)


@contextmanager
def _understood() -> Iterator[None]:
    """Why it can't be done, with the exit codes."""
    from services.replay.rebuild import NotWhole, Unknown

    try:
        yield
    except NotWhole as error:
        raise CommandFailed(ExitCode.VERIFICATION_FAILED, str(error)) from error
    except Unknown as error:
        raise CommandFailed(ExitCode.REFUSED, str(error)) from error


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Says what is being done, once that has taken a while."""
    began = time.monotonic()
    shown = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True)
    task = shown.add_task("", total=None)

    def say_so(what: str) -> None:
        if time.monotonic() - began >= QUIET_S:
            shown.start()  # does nothing the second time
            shown.update(task, description=what)

    try:
        yield say_so
    finally:
        shown.stop()


def _show(plans: list[Plan]) -> None:
    rows = [
        (
            plan.partition,
            plan.entries,
            plan.entities,
            *(_count(plan, what) for what in ("missing", "changed", "foreign")),
            plan.differences[0] if plan.differences else None,
        )
        for plan in plans
    ]
    columns = ("partition", "entries", "entities", "missing", "changed", "foreign", "the first")
    table("Changelog beside ledger", columns, rows)


def _answer(plans: list[Plan], *, written: bool, as_json: bool) -> None:
    differ = [plan for plan in plans if plan.differences]
    if as_json:
        emit({"equal": not differ, "written": written, "partitions": [_facts(plan) for plan in plans]})
    elif written:
        count = sum(len(plan.changes) for plan in differ)
        say(f"wrote {count} records: the changelog is what the ledger says; start enforcement again")
    elif not differ:
        say("the changelog is what the ledger says: nothing to write")
    if differ and not written:
        plan = differ[0]
        note(f"[bold]not equal[/bold]: partition {plan.partition}, {plain(plan.differences[0])}")


def _facts(plan: Plan) -> dict[str, Any]:
    first = plan.differences[0] if plan.differences else None
    return {
        "partition": plan.partition,
        "entries": plan.entries,
        "entities": plan.entities,
        "missing": _count(plan, "missing"),
        "changed": _count(plan, "changed"),
        "foreign": _count(plan, "foreign"),
        "first": {"key": first.key, "what": first.what} if first else None,
        "doubt": plan.doubt,
    }


def _count(plan: Plan, what: str) -> int:
    return sum(one.what == what for one in plan.differences)
