"""Making a decision at the command line: show what would follow, ask, send, and show the outcome."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
import typer

from events.codec import decode_entry
from events.decisions import DecisionUnion
from events.ids import subject_entity
from events.ledger import Entry
from services import deciding
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import emit, note, plain, say
from services.commands.times import parse_moment
from services.deciding import OUTCOME_WAIT_S, BadDecision, CannotForesee, Choice
from services.exit_codes import ExitCode
from services.keys import DECIDE
from services.present import present
from services.runtime import reading
from services.sentences import changes, foretold, moment, sentence

if TYPE_CHECKING:  # brings enforcement, which only a dry run needs
    from services.replay.dry_run import DryRun

SOURCE: Final = "/goodstanding/cli"


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
    now = connect.run(present(connect.settings()))
    try:
        event = deciding.build(choice, who, now, SOURCE, run.event_id)
    except BadDecision as error:
        raise CommandFailed(ExitCode.BAD_INPUT, str(error), "nothing was sent") from error
    if run.dry_run or run.ask:
        expected = connect.run(_foresee(event, now))
        if run.dry_run:
            _show_dry_run(expected, as_json=run.as_json)
            return
        _ask(event, expected)
    entry = connect.run(_send(event, now, wait=run.wait, again=run.event_id is not None))
    if entry is None:
        emit({"decision": event.id, "outcomes": None}) if run.as_json else say(
            f"sent as decision {plain(event.id)}"
        )
        return
    _show_entry(event, entry, as_json=run.as_json)


async def standing_version(account: str) -> int:
    """The version of an account's standing; 0, before any, for one that nothing is known of."""
    async with connect.database() as pool:
        found: int | None = await pool.fetchval("SELECT version FROM standings WHERE account = $1", account)
    return found or 0


def until(text: str) -> datetime:
    """A time, or a span from now on. Raises `CommandFailed`."""
    return parse_moment(text, connect.run(present(connect.settings())))


async def _foresee(event: DecisionUnion, now: datetime) -> DryRun:
    async with connect.policies() as source, connect.database() as pool:
        latest = source.latest()
        if latest is None:
            raise CommandFailed(
                ExitCode.NOT_FOUND,
                "no policy is in force",
                "activate one (`goodstanding policy activate FILE`)",
            )
        try:
            return await deciding.foresee(pool, event, source.policies, latest[1].version, now)
        except CannotForesee as error:
            raise CommandFailed(ExitCode.NOT_FOUND, str(error)) from error


def _show_dry_run(expected: DryRun, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "dry_run": True,
                "sentence": foretold(expected),
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
    lines = [foretold(expected), *map(sentence, expected.outcomes)]
    lines += changes(expected.before, expected.after)
    if expected.signals:
        lines.append(f"{len(expected.signals)} other accounts hear of it")
    return lines


async def _send(event: DecisionUnion, now: datetime, *, wait: bool, again: bool) -> Entry | None:
    """Send the decision, maybe `again`; its ledger entry, or None when that isn't waited for."""
    settings = connect.settings()
    topic = settings.topic(deciding.DECISIONS)
    stamp = now if settings.time_mode == "events" else None
    entity = subject_entity(event.subject)
    async with connect.database() as pool, connect.producer() as producer:
        # One that was sent before, under the same id, has its entry already.
        since = 0 if again else await reading.last_sequence(pool, entity)
        await deciding.send(producer, topic, event, stamp)
        if not wait:
            return None
        row = await deciding.shown(pool, entity, event.id, since)
    if row is None:
        raise CommandFailed(
            ExitCode.NOT_YET,
            f"decision `{event.id}` was sent, and no outcome was seen within {OUTCOME_WAIT_S:.0f} s",
            "check that the workers run (`goodstanding status`), then look with `goodstanding audit "
            f"{event.subject}`",
        )
    return decode_entry(row.data)


def _show_entry(event: DecisionUnion, entry: Entry, *, as_json: bool) -> None:
    refused = deciding.refusal(entry)
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
    suspended = f", suspended until {moment(standing.suspended_until)}" if standing.suspended_until else ""
    say(f"  standing: {standing.active_points} points, {standing.active_strikes} strikes{suspended}")
