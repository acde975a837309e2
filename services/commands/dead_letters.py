"""`goodstanding dead-letters`: what input was refused, why, and sending it again."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from aiokafka.structs import ConsumerRecord, TopicPartition

from events.dead_letters import DeadLetter, from_headers, original_headers
from events.versions import INPUT_TOPICS
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, facts, note, out, plain, say, table
from services.exit_codes import ExitCode
from services.keys import READ_DEAD, REPLAY_DEAD
from services.refused import DEAD_LETTERS, Letter, NoTopic, refused_input, when
from services.runtime.restore import pages

REPLAYED: Final = "gs-replayed"
"""The header that marks a record that was sent again: by whom, and which dead letter it was."""
REPLAYABLE: Final = (*INPUT_TOPICS, "control")
LIMIT: Final = 100
SHOWN_BYTES_MAX: Final = 10_000

app = typer.Typer(no_args_is_help=True, help="See what input was refused and why, and send it again.")

Place = Annotated[
    str, typer.Argument(metavar="PARTITION:OFFSET", help="Where the dead letter stands, as `ls` shows it.")
]


@app.command("ls")
def ls(
    topic: Annotated[str | None, typer.Option(help="Only input of this topic.")] = None,
    code: Annotated[str | None, typer.Option(help="Only refusals for this reason.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only refusals from this moment on, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, the latest ones.")] = LIMIT,
    as_json: AsJson = False,
) -> None:
    """List refused input, the latest last. Contents aren't shown: see `show`."""
    connect.operator(READ_DEAD)
    found = connect.run(_all(since))
    chosen = [
        (letter, record)
        for letter, record in found
        if (topic is None or (letter is not None and letter.topic == topic))
        and (code is None or (letter is not None and letter.reason.code == code))
    ][-limit:]
    if as_json:
        emit([_answer(letter, record) for letter, record in chosen])
        return
    rows = [
        (
            f"{record.partition}:{record.offset}",
            _at(record),
            letter.topic if letter else None,
            letter.reason.code if letter else "no headers",
            f"{letter.reason.where}: expected {letter.reason.expected}" if letter else None,
        )
        for letter, record in chosen
    ]
    table("Dead letters", ("place", "refused", "topic", "reason", "what"), rows)


@app.command("show")
def show(place: Place, as_json: AsJson = False) -> None:
    """Show one refused record with its bytes. It may hold personal data."""
    connect.operator(READ_DEAD)
    letter, record = connect.run(_one(place))
    text = (record.value or b"")[:SHOWN_BYTES_MAX].decode("utf-8", "replace")
    key = None if record.key is None else record.key.decode("utf-8", "replace")
    if as_json:
        emit({**_answer(letter, record), "key": key, "value": None if record.value is None else text})
        return
    reason = letter.reason if letter else None
    facts(
        f"Dead letter {place}",
        [
            ("refused", _at(record)),
            (
                "origin",
                f"{letter.topic}, partition {letter.partition}, offset {letter.offset}" if letter else None,
            ),
            ("reason", reason.code if reason else "its headers say none"),
            ("where", reason.where if reason else None),
            ("expected", reason.expected if reason else None),
            ("found", reason.found if reason else None),
            ("remedy", reason.remedy if reason else None),
            ("further faults", reason.others if reason else None),
            ("key", key),
            ("value", f"{len(record.value or b'')} bytes" if record.value is not None else "null"),
        ],
    )
    out.print(plain(text), soft_wrap=True)


@app.command("replay")
def replay(
    places: Annotated[
        list[str], typer.Argument(metavar="PARTITION:OFFSET…", help="Which, as `ls` shows them.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send refused records again: original bytes, key and headers, to the topic that they came from."""
    who = connect.operator(REPLAY_DEAD)
    letters = [connect.run(_one(place)) for place in places]
    for place, (letter, _) in zip(places, letters, strict=True):
        if letter is None or letter.topic not in REPLAYABLE:
            raise CommandFailed(
                ExitCode.BAD_INPUT,
                f"dead letter `{place}` doesn't say which input topic it came from",
                f"expected one of {', '.join(REPLAYABLE)}; it can't be sent again from here",
            )
    if not yes:
        for place, (letter, _) in zip(places, letters, strict=True):
            note(f"{place} → {letter.topic if letter else ''}")
        typer.confirm(f"Send {len(places)} records again?", abort=True, err=True)
    sent = connect.run(_send(places, letters, who.actor))
    if as_json:
        emit(sent)
    else:
        for one in sent:
            say(
                f"sent {one['place']} again: {one['topic']}, partition {one['partition']}, offset "
                f"{one['offset']}"
            )


async def _send(places: list[str], letters: list[Letter], actor: str) -> list[dict[str, Any]]:
    settings = connect.settings()
    sent: list[dict[str, Any]] = []
    async with connect.producer() as producer:
        for place, (letter, record) in zip(places, letters, strict=True):
            assert letter is not None
            mark = (REPLAYED, f"{actor} {place}".encode())
            headers = [header for header in original_headers(record.headers) if header[0] != REPLAYED]
            stamp = letter.timestamp if settings.time_mode == "events" else None
            taken = await producer.send_and_wait(
                settings.topic(letter.topic),
                record.value,
                key=record.key,
                timestamp_ms=stamp,
                headers=[*headers, mark],
            )
            sent.append(
                {"place": place, "topic": letter.topic, "partition": taken.partition, "offset": taken.offset}
            )
    return sent


async def _all(since: datetime | None) -> list[Letter]:
    """Every dead letter that is still kept, in the order of their refusal."""
    async with connect.log() as kafka:
        try:
            found = [letter async for letter in refused_input(kafka, connect.settings().topic_prefix, since)]
        except NoTopic as error:
            raise CommandFailed(ExitCode.NOT_FOUND, str(error), "run `goodstanding topics create`") from error
    return sorted(found, key=lambda letter: (letter[1].timestamp, letter[1].partition, letter[1].offset))


async def _one(place: str) -> Letter:
    """The dead letter at a place. Raises `CommandFailed`."""
    number, _, offset = place.partition(":")
    if not (number.isdecimal() and offset.isdecimal()):
        raise CommandFailed(
            ExitCode.USAGE, f"`{place}` is no place, expected `PARTITION:OFFSET`", "copy it from `ls`"
        )
    name = connect.settings().topic(DEAD_LETTERS)
    at = TopicPartition(name, int(number))
    async with connect.log() as kafka:
        if int(number) < (await kafka.partition_counts()).get(name, 0):
            reader = kafka.reader()
            await reader.start()
            try:
                begin, end = (await reader.beginning_offsets([at]))[at], (await reader.end_offsets([at]))[at]
                if begin <= int(offset) < end:
                    async with asyncio.timeout(30):
                        async for page in pages(reader, at, int(offset), int(offset) + 1):
                            for record in page:
                                if record.offset == int(offset):
                                    return from_headers(record.headers), record
            finally:
                await reader.stop()
    raise CommandFailed(
        ExitCode.NOT_FOUND,
        f"there is no dead letter `{place}`",
        "`goodstanding dead-letters ls` lists those that are kept; they are deleted after 30 days",
    )


def _answer(letter: DeadLetter | None, record: ConsumerRecord) -> dict[str, Any]:
    reason = letter.reason if letter else None
    return {
        "place": f"{record.partition}:{record.offset}",
        "refused_at": _at(record).isoformat().replace("+00:00", "Z"),
        "bytes": len(record.value or b""),
        "reason": None
        if reason is None
        else {
            "code": reason.code,
            "where": reason.where,
            "expected": reason.expected,
            "found": reason.found,
            "remedy": reason.remedy,
            "others": list(reason.others),
        },
        "origin": None
        if letter is None
        else {
            "topic": letter.topic,
            "partition": letter.partition,
            "offset": letter.offset,
            "received_at": when(letter.timestamp).isoformat().replace("+00:00", "Z"),
        },
    }


def _at(record: ConsumerRecord) -> datetime:
    return when(record.timestamp)
