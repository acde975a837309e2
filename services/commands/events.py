"""`goodstanding events`: check files of events, and send them."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Annotated, Final

import msgspec
import typer
from aiokafka import AIOKafkaProducer
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from events.decisions import DecisionData
from services.clock.wall import wall_clock
from services.commands import connect
from services.commands.event_files import BadLine, Line, read_lines
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, err, plain, say
from services.commands.timekeeping import timekeeper
from services.commands.times import parse_span
from services.exit_codes import ExitCode
from services.keys import ADVANCE, DECIDE, DECIDE_FOR_OTHERS, SEND, Operator
from services.sentences import moment

IN_FLIGHT_MAX: Final = 2_000
"""Records that wait for the broker's answer at once."""
SHOWN_FAULTS_MAX: Final = 50
STDIN: Final = "-"

app = typer.Typer(no_args_is_help=True, help="Check files of events, and send them.")

File = Annotated[
    str, typer.Argument(metavar="FILE.jsonl", help="One CloudEvent in JSON a line; `-` is standard input.")
]


@app.command("check")
def check(file: File, as_json: AsJson = False) -> None:
    """Hold each line against its contract: what is wrong, where, what was expected, what to do."""
    with _opened(file) as lines:
        topics, faults = _check(lines)
    if as_json:
        emit(
            {
                "file": file,
                "valid": sum(topics.values()),
                "topics": dict(topics),
                "faults": msgspec.to_builtins(faults),
            }
        )
    else:
        _show(file, topics, faults)
    if faults:
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command("send")
def send(
    file: File,
    as_json: AsJson = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Send the valid lines of a file with faults.")
    ] = False,
    play: Annotated[
        bool, typer.Option("--play", help="In the order of their times, simulated time running with them.")
    ] = False,
    step: Annotated[str, typer.Option(help="With --play: how far time may be behind the events.")] = "1h",
) -> None:
    """Check a file, then send it: each event to the topic and key of its type.

    Sending it again counts nothing twice.
    """
    who = connect.operator(SEND)
    with _opened(file) as lines:
        topics, faults = _check(lines)
        if faults and not skip_bad:
            _show(file, topics, faults)
            raise CommandFailed(
                ExitCode.BAD_INPUT,
                f"nothing was sent of `{file}`",
                "correct these lines, or leave them out (`--skip-bad`)",
            )
        lines.seek(0)
        _check_decisions(lines, who)
        lines.seek(0)
        if play:
            connect.operator(ADVANCE)
            sent = connect.run(_play(lines, _step(step), who.actor))
        else:
            sent = connect.run(_send(lines, sum(topics.values())))
    if as_json:
        emit({"file": file, "sent": sum(sent.values()), "topics": dict(sent), "skipped": len(faults)})
    else:
        per_topic = ", ".join(f"{count} to {topic}" for topic, count in sorted(sent.items()))
        say(f"sent {sum(sent.values())} events" + (f": {per_topic}" if sent else ""))


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    """The file, to be read more than once. Raises `CommandFailed`."""
    if file == STDIN:
        with tempfile.TemporaryFile() as copy:
            copy.write(sys.stdin.buffer.read())
            copy.seek(0)
            yield copy
        return
    try:
        opened = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"can't read `{file}`: {error.strerror}",
            "name a file of one CloudEvent in JSON a line",
        ) from error
    with opened:
        yield opened


def _received_at() -> datetime | None:
    """When what is sent now is received; None where the events' own times count."""
    return None if connect.settings().time_mode == "events" else wall_clock()


def _check(lines: IO[bytes]) -> tuple[Counter[str], list[BadLine]]:
    topics: Counter[str] = Counter()
    faults: list[BadLine] = []
    for read in read_lines(lines, _received_at()):
        if isinstance(read, BadLine):
            faults.append(read)
        else:
            topics[read.topic] += 1
    return topics, faults


def _show(file: str, topics: Counter[str], faults: list[BadLine]) -> None:
    for fault in faults[:SHOWN_FAULTS_MAX]:
        err.print(plain(f"{file}, {fault}"), soft_wrap=True)
    if len(faults) > SHOWN_FAULTS_MAX:
        err.print(f"… and {len(faults) - SHOWN_FAULTS_MAX} more faults; `--json` shows all", soft_wrap=True)
    per_topic = ", ".join(f"{count} for {topic}" for topic, count in sorted(topics.items()))
    valid = sum(topics.values())
    say(f"{valid} valid" + (f" ({per_topic})" if valid else "") + f", [bold]{len(faults)} with faults[/bold]")


def _check_decisions(lines: IO[bytes], who: Operator) -> None:
    """Decisions are somebody's own: refuse those that name another person, unless the key may send them."""
    for read in read_lines(lines, _received_at()):
        if isinstance(read, BadLine) or not isinstance(data := read.event.data, DecisionData):
            continue
        needed = DECIDE if data.actor.id == who.actor else DECIDE_FOR_OTHERS
        if not who.may(needed):
            raise CommandFailed(
                ExitCode.NOT_ALLOWED,
                f"line {read.number}: a decision by `{data.actor.id}`, sent by `{who.actor}`, whose key "
                f"lacks `{needed}`",
                "use a key with it, or leave decisions out of the file; nothing was sent",
            )


async def _send(lines: IO[bytes], total: int) -> Counter[str]:
    """Send every valid line, in order; wait for the broker to have them all."""
    sent: Counter[str] = Counter()
    prefix, own_times = connect.settings().topic_prefix, _received_at() is None
    columns = (TextColumn("sending"), MofNCompleteColumn(), TextColumn("events"))
    async with connect.producer() as producer:
        with Progress(*columns, console=err, transient=True) as progress:
            task = progress.add_task("", total=total)
            waiting: list[asyncio.Future[object]] = []
            for read in read_lines(lines, _received_at()):
                if isinstance(read, BadLine):
                    continue
                waiting.append(await _queue(producer, prefix + read.topic, read, own_times=own_times))
                sent[read.topic] += 1
                if len(waiting) >= IN_FLIGHT_MAX:
                    await asyncio.gather(*waiting)
                    progress.advance(task, len(waiting))
                    waiting.clear()
            await asyncio.gather(*waiting)
            progress.advance(task, len(waiting))
    return sent


async def _play(lines: IO[bytes], step: timedelta, actor: str) -> Counter[str]:
    """Send valid lines in the order of their times; time is advanced before it is more than a step behind."""
    sent: Counter[str] = Counter()
    story = [read for read in read_lines(lines, None) if isinstance(read, Line)]
    story.sort(key=lambda line: line.event.time)
    prefix = connect.settings().topic_prefix
    columns = (TextColumn("playing"), MofNCompleteColumn(), TextColumn("events, it is {task.fields[now]}"))
    async with timekeeper(actor) as keeper, connect.producer() as producer:
        now = await keeper.now()
        with Progress(*columns, console=err, transient=True) as progress:
            task = progress.add_task("", total=len(story), now=moment(now))
            for line in story:
                at = line.event.occurred_at
                if now is None or at - now > step:
                    now = await keeper.advance(at)
                await (await _queue(producer, prefix + line.topic, line, own_times=True))
                sent[line.topic] += 1
                progress.update(task, advance=1, now=moment(now))
        if story and now is not None and story[-1].event.occurred_at > now:
            await keeper.advance(story[-1].event.occurred_at)
    return sent


def _step(text: str) -> timedelta:
    span = parse_span(text)
    if span is None:
        raise CommandFailed(ExitCode.USAGE, f"`{text}` is no span of time", "write it as `1h` or `30m`")
    return span


async def _queue(
    producer: AIOKafkaProducer, topic: str, line: Line, *, own_times: bool
) -> asyncio.Future[object]:
    stamp = int(line.event.time.timestamp() * 1000) if own_times else None
    queued: asyncio.Future[object] = await producer.send(topic, line.value, key=line.key, timestamp_ms=stamp)
    return queued
