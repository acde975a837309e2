"""The story told at the end: what became of whom, as PostgreSQL has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from events.dead_letters import from_headers
from services.demo import cast
from services.demo.claims import Asked, Held
from services.demo.deployment import Deployment
from services.demo.play import Played

SHOWN: Final = (
    cast.REX, cast.NORA, cast.IDA, cast.GUS, cast.UMA, cast.VIC, cast.DAN, cast.SOL, cast.MIA, cast.TOM,
    cast.ELI, cast.KIM, cast.ANN, cast.LOU, cast.BO, cast.ZOE,
)  # fmt: skip
ID_CHARS: Final = 8
_ORIGINS: Final = {"ladder": "the ladder", "rule": "a rule", "termination_proposal": "termination"}


async def tell(console: Console, asked: Asked, played: Played, held: Sequence[Held]) -> None:
    """Print what happened."""
    console.print()
    await _numbers(console, asked.db, played)
    await _standings(console, asked)
    await _offender(console, asked)
    _dead_letters(console, asked)
    _claims(console, held)


def tell_how_to_look(console: Console, deployment: Deployment, second: Path) -> None:
    """Print where everything is, and what to try."""
    api = deployment.addresses["api"]
    console.print("\n[bold]It all runs on.[/bold] In another shell:\n")
    then = f"{cast.day(44, 16):%Y-%m-%dT%H:%MZ}"
    lines = (
        (f"source {deployment.env_file}", "how to reach it, as mod-ada"),
        ("goodstanding status", "how far each stage is"),
        (f"goodstanding standing {cast.REX}", "what the serial offender's record looks like"),
        (f"goodstanding standing {cast.NORA} --as-of {then}", "what was known then"),
        (f"goodstanding audit {cast.NORA}", "every entry about her, and who decided it"),
        ("goodstanding cases ls", "what waits for a person"),
        ("goodstanding appeals ls", "who complains, and about what"),
        ("goodstanding dead-letters ls", "what was refused, and why"),
        ("goodstanding replay --verify", "is the ledger whole?"),
        (f"source {second}", "be mod-bea instead, for what needs a second person"),
    )  # fmt: skip
    for command, what in lines:
        console.print(f"  {escape(command)}  [dim]# {what}[/dim]", soft_wrap=True)
    console.print(f"\n  console                    {api}/", soft_wrap=True)
    console.print("  sign in to it with         $GOODSTANDING_API_KEY of the file above", soft_wrap=True)
    console.print(f"  API and its documentation  {api}/docs", soft_wrap=True)
    for stage, address in deployment.addresses.items():
        console.print(f"  metrics of {stage:<12}    {address}/metrics", soft_wrap=True)
    console.print(f"  logs                       {deployment.folder}", soft_wrap=True)


async def _numbers(console: Console, db: asyncpg.Pool, played: Played) -> None:
    row = await db.fetchrow(
        "SELECT (SELECT count(*) FROM audit_entries) AS entries, (SELECT count(*) FROM strikes) AS strikes, "
        "(SELECT count(*) FROM sanctions) AS sanctions, (SELECT count(*) FROM standings) AS accounts, "
        "(SELECT count(*) FROM cases WHERE status = 'open') AS open_cases"
    )
    parts = (
        f"[bold]{played.sent:,}[/bold] events went in;",
        f"{row['entries']:,} entries about {row['accounts']} accounts are in the ledger:",
        f"{row['strikes']} strikes and warnings, {row['sanctions']} sanctions.",
        f"{row['open_cases']} cases wait for a person.",
        f"{played.kept_out} posts weren't written, since their authors were suspended.\n",
    )
    console.print(" ".join(parts), soft_wrap=True)


async def _standings(console: Console, asked: Asked) -> None:
    shown = _table(
        "How they stand", "account", "points", "strikes", "warnings", "state", "open cases", "merits"
    )
    for account in SHOWN:
        one = await asked.standing(account)
        state = "terminated" if one.terminated else "suspended" if one.suspended else "in good standing"
        if state == "in good standing" and (one.active_points or one.warning_count):
            state = "on record"
        if one.reporter_muted:
            state += ", reports ignored"
        shown.add_row(
            account,
            str(one.active_points),
            f"{one.active_strikes} of {one.total_strikes}",
            str(one.warning_count),
            state,
            str(one.open_cases),
            str(one.merits),
        )
    console.print(shown)


async def _offender(console: Console, asked: Asked) -> None:
    standing = await asked.standing(cast.REX)
    acts = _table(
        f"What is on {cast.REX}'s record",
        "strike",
        "on",
        "guideline",
        "counts as",
        "points",
        "now",
        "confirmed",
    )
    for row in sorted((*standing.strikes, *standing.warnings_given), key=lambda row: row.issued_at):
        acts.add_row(
            row.strike[:ID_CHARS],
            _day(row.issued_at),
            f"{row.guideline}: {row.policy_case}",
            row.counts_as,
            str(0 if row.counts_as == "warning" else row.points),
            row.status,
            _who(row.confirmed_by),
        )
    console.print(acts)
    done = _table("What was done about it", "sanction", "kind", "because of", "from", "to", "now", "by")
    for sanction in sorted(standing.sanctions, key=lambda row: (row.starts_at, row.issued_sequence)):
        if sanction.sanction_kind != "content_removal":
            done.add_row(
                sanction.sanction[:ID_CHARS],
                sanction.sanction_kind,
                _ORIGINS.get(sanction.origin, sanction.origin),
                _day(sanction.starts_at),
                "until lifted" if sanction.ends_at is None else _day(sanction.ends_at),
                "in force" if sanction.status == "in_force" else sanction.lifted_because or sanction.status,
                _who(sanction.issued_by),
            )
    console.print(done)


def _dead_letters(console: Console, asked: Asked) -> None:
    shown = _table("Refused input", "reason", "where", "expected", "found")
    for record in asked.stream.dead:
        letter = from_headers(record.headers)
        if letter is not None:
            reason = letter.reason
            shown.add_row(reason.code, reason.where, reason.expected, reason.found)
    console.print(shown)


def _claims(console: Console, held: Sequence[Held]) -> None:
    console.print("[bold]Did it all come true?[/bold] (asked of PostgreSQL, the ledger and the dead letters)")
    for one in held:
        mark = "[green]✓[/green]" if one.true else "[red]✗[/red]"
        console.print(
            f"  {mark} {escape(one.text)}" + (f": [red]{escape(one.fault)}[/red]" if one.fault else ""),
            soft_wrap=True,
        )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(
            column, justify="right" if column in {"points", "warnings", "open cases", "merits"} else "left"
        )
    return table


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def _who(actor: str | None) -> str:
    """Who it was: a person by name, a rule as such."""
    if actor is None:
        return "–"
    kind, _, name = actor.partition(":")
    return name if kind == "person" else f"a {kind}"
