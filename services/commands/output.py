"""How commands speak: tables for people, JSON for machines, everything else on standard error.

The JSON is what the API answers: the same names, stable, times in UTC.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.commands.failures import CommandFailed
from services.sentences import NOTHING, moment

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)
COLUMNS_MAX: Final = 10_000
"""How wide a table may get where no terminal limits it: a file or a program gets whole ids in one line."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, in the shape that the API answers with.")]
"""The option that every command with an answer has."""


def emit(answer: BaseModel | msgspec.Struct | dict[str, Any] | list[Any]) -> None:
    """Print an answer as JSON."""
    if isinstance(answer, BaseModel):
        data: Any = answer.model_dump(mode="json")
    else:
        data = msgspec.to_builtins(answer)
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """Print a line for people.

    Rich's markup is understood, so escape what comes from elsewhere with `plain`.
    """
    out.print(text, soft_wrap=True)


def note(text: str) -> None:
    """Say something beside the answer, on standard error."""
    err.print(text, soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "none") -> None:
    """Print a table; `empty` in place of one without rows. Numbers stand to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        say(f"[bold]{plain(title)}[/bold]: {plain(empty)}")
        return
    shown = Table(
        title=plain(title),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for index, column in enumerate(columns):
        numbers = all(cell.lstrip("-").isdigit() for row in cells if (cell := row[index]) != NOTHING)
        shown.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in cells:
        shown.add_row(*row)
    _sheet().print(shown)


def facts(title: str, pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line; pairs without a value are left out."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(style="dim", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None and value not in ("", (), []):
            shown.add_row(plain(name), _cell(value))
    if title:
        say(f"[bold]{plain(title)}[/bold]")
    _sheet().print(shown)


def plain(value: object) -> str:
    """Text as it is, whatever brackets it has."""
    return escape(str(value))


def fail(failure: CommandFailed) -> None:
    """Say what went wrong and what to do."""
    err.print(f"[bold red]error:[/bold red] {plain(failure)}", soft_wrap=True)
    if failure.remedy:
        err.print(f"[bold]remedy:[/bold] {plain(failure.remedy)}", soft_wrap=True)


def _sheet() -> Console:
    """What tables are printed on: as wide as the terminal, or else as they need."""
    return out if out.is_terminal else Console(highlight=False, width=COLUMNS_MAX)


def _cell(value: object) -> str:
    if value is None or value in ("", (), []):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, tuple | list):
        return plain(", ".join(map(str, value))) or NOTHING
    return plain(value)
