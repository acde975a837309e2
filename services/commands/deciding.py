"""Making a decision: what would follow, asking, sending, and the outcome as the ledger has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import typer
from aiokafka.structs import TopicPartition
from pydantic import ValidationError

from events.codec import decode_entry
from events.contents import content_ref
from events.dead_letters import Rejected
from events.decisions import DecisionUnion, decision_key, parse_decision_event, to_decided
from events.explain import explain
from events.ids import derived_id, subject_entity
from events.ledger import Entry, Refused
from events.signals import Actor, Origin, Signal
from services.clock.wall import wall_clock
from services.commands import connect, pipeline
from services.commands.failures import CommandFailed
from services.commands.output import emit, note, plain, say
from services.commands.sentences import changes, sentence
from services.commands.times import parse_moment
from services.exit_codes import ExitCode
from services.keys import DECIDE, Operator
from services.runtime.kafka import Kafka
from services.runtime.outputs import murmur2
from services.runtime.port import Reader

if TYPE_CHECKING:  # brings enforcement, which only a dry run needs
    from services.replay.dry_run import DryRun

SOURCE: Final = "/goodstanding/cli"
OUTCOME_WAIT_S: Final = 30.0
POLL_MS: Final = 200


class Choice(msgspec.Struct, frozen=True):
    """What a person decides.

    `verb` is the type's, `version` what they saw, `data` what the type has beside.
    """

    verb: str
    account: str
    version: int | None
    data: Mapping[str, Any]


class Run(msgspec.Struct, frozen=True):
    """How to go about it. `ask`: show what would follow and ask first."""

    dry_run: bool
    ask: bool
    wait: bool
    as_json: bool
    event_id: str | None = None


def decide(choice: Choice, run: Run) -> None:
    """Show, ask, send and wait, as `run` says. Raises `CommandFailed`."""
    who = connect.operator(DECIDE)
    now = connect.run(present())
    event = build(choice, who, now, run.event_id)
    if run.dry_run or run.ask:
        expected = connect.run(_foresee(event, now))
        if run.dry_run:
            _show_dry_run(expected, as_json=run.as_json)
            return
        _ask(event, expected)
    entry = connect.run(_send(event, now, wait=run.wait))
    if entry is None:
        emit({"decision": event.id, "outcomes": None}) if run.as_json else say(
            f"sent as decision {plain(event.id)}"
        )
        return
    _show_entry(event, entry, as_json=run.as_json)


def build(choice: Choice, who: Operator, now: datetime, event_id: str | None = None) -> DecisionUnion:
    """The event of a decision. Raises `CommandFailed` where it keeps to no contract."""
    told = {name: value for name, value in choice.data.items() if value is not None}
    # An extension without an end is said by a null; everywhere else nothing is said by leaving it out.
    if choice.verb == "extend":
        told.setdefault("until", None)
    identity = event_id or derived_id(
        subject_entity(choice.account),
        f"{who.actor}\x1f{now.isoformat()}\x1f{told!r}",
        f"decision.{choice.verb}",
    )
    actor = {"id": who.actor, "capabilities": sorted(who.capabilities)}
    document = {
        "specversion": "1.0",
        "id": identity,
        "source": SOURCE,
        "type": f"goodstanding.decision.{choice.verb}.v1",
        "subject": choice.account,
        "time": now,
        "data": {**told, "version": choice.version, "actor": actor},
    }
    try:
        return parse_decision_event(msgspec.json.encode(document))
    except (ValidationError, Rejected) as error:
        raise CommandFailed(
            ExitCode.BAD_INPUT, str(explain(error, "decisions")), "nothing was sent"
        ) from error


async def standing_version(account: str) -> int:
    """The version of an account's standing; 0, before any, for one that nothing is known of."""
    async with connect.database() as pool:
        found: int | None = await pool.fetchval("SELECT version FROM standings WHERE account = $1", account)
    return found or 0


def until(text: str) -> datetime:
    """A time, or a span from now on. Raises `CommandFailed`."""
    return parse_moment(text, connect.run(present()))


async def present() -> datetime:
    """What time it is: in simulated time the clock's last tick, else the wall clock's."""
    settings = connect.settings()
    if settings.time_mode == "events":
        async with connect.administrator() as admin:
            found = await pipeline.clock_state(admin, settings.topic_prefix)
        if found is not None and found[1].at is not None:
            return found[1].at
    return wall_clock()


async def _foresee(event: DecisionUnion, now: datetime) -> DryRun:
    from services.replay.worker import NoLedger, dry_run_kafka

    settings = connect.settings()
    async with connect.policies() as source:
        latest = source.latest()
    if latest is None:
        raise CommandFailed(
            ExitCode.NOT_FOUND, "no policy is in force", "activate one (`goodstanding policy activate FILE`)"
        )
    try:
        return await dry_run_kafka(settings, _signal(event, latest[1].version, now), latest[1].version, now)
    except NoLedger as error:
        raise CommandFailed(ExitCode.NOT_FOUND, str(error)) from error


def _signal(event: DecisionUnion, version: str, now: datetime) -> Signal:
    """The decision as screening would send it on."""
    entity = subject_entity(event.subject)
    reason_ref = content_ref(event.subject, event.id, "reason") if event.data.reason else None
    return Signal(
        id=derived_id(entity, event.id, "decided"),
        entity=entity,
        occurred_at=now,
        received_at=now,
        actor=Actor("person", event.data.actor.id),
        causation_id=event.causationid or event.id,
        correlation_id=event.correlationid or event.id,
        policy_version=version,
        body=to_decided(event, reason_ref),
        origin=Origin("decisions", 0, 0, event.id, event.type),
    )


def _show_dry_run(expected: DryRun, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "dry_run": True,
                "outcomes": msgspec.to_builtins(expected.outcomes),
                "signals": len(expected.signals),
                "before": msgspec.to_builtins(expected.before),
                "after": msgspec.to_builtins(expected.after),
            }
        )
        return
    say("[bold]This would follow[/bold] (nothing was sent):")
    for line in _lines(expected):
        say(f"  {plain(line)}")


def _ask(event: DecisionUnion, expected: DryRun) -> None:
    note(
        f"[bold]{plain(event.type.split('.')[2].replace('_', ' '))}[/bold] for account "
        f"{plain(event.subject)} leads to:"
    )
    for line in _lines(expected):
        note(f"  {plain(line)}")
    typer.confirm("Decide so?", abort=True, err=True)


def _lines(expected: DryRun) -> list[str]:
    lines = [sentence(outcome) for outcome in expected.outcomes]
    lines += changes(expected.before, expected.after)
    if expected.signals:
        lines.append(f"{len(expected.signals)} other accounts hear of it")
    return lines or ["nothing"]


async def _send(event: DecisionUnion, now: datetime, *, wait: bool) -> Entry | None:
    """Send the decision; its ledger entry, or None when that isn't waited for."""
    settings = connect.settings()
    stamp = int(now.timestamp() * 1000) if settings.time_mode == "events" else None
    value = event.model_dump_json(exclude_none=event.type != "goodstanding.decision.extend.v1").encode()
    async with connect.log() as kafka, connect.producer() as producer:
        if not wait:
            await producer.send_and_wait(
                settings.topic("decisions"), value, key=decision_key(event), timestamp_ms=stamp
            )
            return None
        reader = kafka.reader()
        await reader.start()
        try:
            at = await _end_of_ledger(kafka, reader, subject_entity(event.subject))
            await producer.send_and_wait(
                settings.topic("decisions"), value, key=decision_key(event), timestamp_ms=stamp
            )
            return await _await_entry(reader, at, event)
        finally:
            await reader.stop()


async def _end_of_ledger(kafka: Kafka, reader: Reader, entity: str) -> TopicPartition:
    name = connect.settings().topic("ledger")
    count = (await kafka.partition_counts()).get(name)
    if count is None:
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"there is no topic `{name}`", "run `goodstanding topics create`"
        )
    at = TopicPartition(name, murmur2(entity.encode()) % count)
    reader.assign([at])
    reader.seek(at, (await reader.end_offsets([at]))[at])
    return at


async def _await_entry(reader: Reader, at: TopicPartition, event: DecisionUnion) -> Entry:
    """The entry that the decision caused, which a refusal has too.

    Raises `CommandFailed` when it takes too long.
    """
    mark = event.id.encode()
    try:
        async with asyncio.timeout(OUTCOME_WAIT_S):
            while True:
                for record in (await reader.getmany(at, timeout_ms=POLL_MS)).get(at, ()):
                    if mark in (record.value or b"") and _caused(
                        entry := decode_entry(record.value or b""), event.id
                    ):
                        return entry
    except TimeoutError:
        raise CommandFailed(
            ExitCode.NOT_YET,
            f"decision `{event.id}` was sent, and no outcome was seen within {OUTCOME_WAIT_S:.0f} s",
            "check that the workers run (`goodstanding status`), then look with `goodstanding audit "
            f"{event.subject}`",
        ) from None


def _caused(entry: Entry, event_id: str) -> bool:
    return entry.cause.origin is not None and entry.cause.origin.event == event_id


def _show_entry(event: DecisionUnion, entry: Entry, *, as_json: bool) -> None:
    refused = next((outcome for outcome in entry.outcomes if isinstance(outcome, Refused)), None)
    if as_json:
        emit(
            {
                "decision": event.id,
                "refused": refused is not None,
                "entity": entry.entity,
                "sequence": entry.sequence,
                "outcomes": msgspec.to_builtins(entry.outcomes),
                "standing": msgspec.to_builtins(entry.standing),
            }
        )
        if refused is not None:
            raise typer.Exit(ExitCode.REFUSED)
        return
    if refused is not None:
        raise CommandFailed(ExitCode.REFUSED, sentence(refused))
    say(f"[bold green]done[/bold green], entry {entry.sequence} of {plain(event.subject)}:")
    for outcome in entry.outcomes:
        say(f"  {plain(sentence(outcome))}")
    standing = entry.standing
    suspended = (
        f", suspended until {standing.suspended_until:%Y-%m-%d %H:%M}Z" if standing.suspended_until else ""
    )
    say(f"  standing: {standing.active_points} points, {standing.active_strikes} strikes{suspended}")
