"""`goodstanding ledger` and `goodstanding replay`.

Take the ledger out, and prove that it is whole and rightly decided.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, err, facts, note, plain, say, table
from services.exit_codes import ExitCode
from services.keys import READ

if TYPE_CHECKING:  # brings enforcement, which only these commands need, when they run
    from services.replay.chain import Head
    from services.replay.verify import Report

WHOLE: Final = "nothing was lost, changed, or decided otherwise"

app = typer.Typer(no_args_is_help=True, help="Take the ledger out, and note its heads.")


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it appears once it is whole.")],
    as_json: AsJson = False,
) -> None:
    """Write the whole ledger with its policies to a file that can be verified anywhere."""
    from services.replay import worker as replaying

    connect.operator(READ)
    with _understood(), _progress("exporting") as progress:
        heads = connect.run(replaying.export(connect.settings(), file, progress))
    count = sum(head.count for head in heads.values())
    if as_json:
        emit({"file": str(file), "entries": count, "heads": _heads(heads)})
    else:
        say(
            f"wrote {count} entries to {plain(file)}; verify it with `goodstanding replay --verify --file "
            f"{plain(file)}`"
        )


@app.command("heads")
def heads(as_json: AsJson = False) -> None:
    """Print each partition's number of entries and last hash.

    Keep them elsewhere: they show what is cut off later.
    """
    from services.replay import worker as replaying

    connect.operator(READ)
    with _understood():
        found = connect.run(replaying.heads(connect.settings()))
    if as_json:
        # One line: it is kept in a file, and given to `replay --verify --heads`.
        sys.stdout.write(json.dumps({"heads": _heads(found)}, separators=(",", ":")) + "\n")
        return
    table(
        "Ledger heads",
        ("partition", "entries", "SHA-256 of the last"),
        [(p, h.count, h.hash) for p, h in found.items()],
    )


def replay(
    verify: Annotated[
        bool, typer.Option("--verify", help="Check hashes, sequences, standings, and decide again.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="An exported ledger; by default the one in Kafka.")
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(help="Heads that were kept from `ledger heads --json`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the ledger from nothing but itself and its policies, and name the first gap or difference."""
    if not verify:
        raise CommandFailed(ExitCode.USAGE, "nothing to do", "say `goodstanding replay --verify`")
    with _understood():
        report = _verified(file, heads)
    if as_json:
        emit({"whole": report.whole, **msgspec.to_builtins(report, str_keys=True)})
    else:
        _show(report, str(file) if file else "the ledger in Kafka")
    if not report.whole:
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


def _verified(file: Path | None, heads: Path | None) -> Report:
    from services.replay import worker as replaying
    from services.replay.export import read_heads

    if file is not None:
        return replaying.verify_export(file, heads)
    connect.operator(READ)
    recorded = read_heads(heads.read_bytes()) if heads else None
    with _progress("verifying") as progress:
        return connect.run(replaying.verify_kafka(connect.settings(), recorded, progress))


def _show(report: Report, what: str) -> None:
    others = ", ".join(f"{count} by {build}" for build, count in report.other_builds.items())
    facts(
        f"Verified {what}",
        [
            ("entries", report.entries),
            ("of entities", report.entities),
            ("decided again, equal", report.decided_again),
            ("decided by other builds", others),
        ],
    )
    if report.fault is None:
        say(f"[bold green]whole[/bold green]: {WHOLE}")
    else:
        note(f"[bold red]not whole[/bold red]: {plain(report.fault)}")


@contextmanager
def _understood() -> Iterator[None]:
    """Faults of what was named, with their exit codes."""
    from services.replay.export import ExportError
    from services.replay.worker import NoLedger

    try:
        yield
    except (ExportError, NoLedger) as error:
        code = ExitCode.BAD_INPUT if isinstance(error, ExportError) else ExitCode.NOT_FOUND
        raise CommandFailed(code, str(error)) from error
    except FileNotFoundError as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"there is no file `{error.filename}`", "name one that exists"
        ) from error


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    columns = (SpinnerColumn(), TextColumn(what), TextColumn("{task.completed:,} entries"))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda count: progress.update(task, completed=count)


def _heads(found: dict[int, Head]) -> dict[str, Any]:
    return {
        str(partition): {"count": head.count, "hash": head.hash} for partition, head in sorted(found.items())
    }
