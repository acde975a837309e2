"""`goodstanding policy what-if`: what a candidate policy would have led to. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from events.policy import Policy
from events.policy_text import PolicyErrors
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, err, facts, note, plain, say, table
from services.commands.screen import dry_run_key
from services.exit_codes import ExitCode
from services.keys import ACTIVATE
from services.what_if import read_candidate, rulebook

if TYPE_CHECKING:  # brings enforcement and screening, which only this command needs, when it runs
    from services.replay.what_if import Answer, Tally
    from services.replay.what_if_posts import PostsAnswer

EXAMPLES: int = 20
COLUMNS = ("guideline", "there were", "would be", "new", "gone", "changed")


def what_if(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="The candidate's text.")],
    guideline: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what stands under this guideline.")
    ] = None,
    posts: Annotated[
        bool, typer.Option("--posts/--no-posts", help="Also screen the posts that are still kept.")
    ] = True,
    examples: Annotated[
        int, typer.Option(min=0, max=1_000, help="So many accounts and posts in full.")
    ] = EXAMPLES,
    as_json: AsJson = False,
) -> None:
    """Decide the whole ledger again under a candidate policy, and screen the posts still kept by its rules.

    Shows which strikes and sanctions would differ, by guideline and account. Nothing is written or activated.
    """
    from services.replay.worker import NoLedger

    connect.operator(ACTIVATE)
    candidate = _read(file)
    if guideline is not None and candidate.guideline(guideline) is None:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"there is no guideline `{guideline}`",
            f"guidelines are {', '.join(one.id for one in candidate.guidelines)}",
        )
    try:
        ledger = connect.run(_ledger(candidate, guideline, examples))
        kept = connect.run(_posts(candidate, guideline, examples)) if posts else None
    except NoLedger as error:
        raise CommandFailed(ExitCode.NOT_FOUND, str(error)) from error
    if as_json:
        answer: dict[str, Any] = {"version": candidate.version, "ledger": msgspec.to_builtins(ledger)}
        emit({**answer, "posts": None if kept is None else msgspec.to_builtins(kept)})
        return
    _show_ledger(ledger)
    if kept is not None:
        _show_posts(kept)


def _read(file: Path) -> Policy:
    """The candidate. Raises `CommandFailed`, after it has said every fault."""
    try:
        return read_candidate(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"can't read the policy `{file}`: {error}", "name a policy's YAML file"
        ) from error
    except PolicyErrors as errors:
        for fault in errors.errors:
            note(plain(f"{file}, {fault}"))
        raise CommandFailed(ExitCode.BAD_INPUT, f"`{file}` has faults", "correct them") from None


async def _ledger(candidate: Policy, guideline: str | None, examples: int) -> Answer:
    from services.replay import worker as replaying

    with _progress("deciding again", "entries") as progress:
        return await replaying.what_if_kafka(connect.settings(), candidate, guideline, examples, progress)


async def _posts(candidate: Policy, guideline: str | None, examples: int) -> PostsAnswer | None:
    """What would be found in the posts still kept; None where no policy is in force to compare with."""
    from services.replay import worker as replaying

    async with connect.policies() as source:
        latest = source.latest()
    if latest is None:
        note("no policy is in force, so there are no findings to compare with")
        return None
    books = rulebook(latest[1]), rulebook(candidate)
    with _progress("screening again", "posts") as progress:
        return await replaying.what_if_posts_kafka(
            connect.settings(), *books, dry_run_key(), guideline, examples, progress
        )


def _show_ledger(answer: Answer) -> None:
    facts(
        "The ledger, decided again",
        [
            ("entries", answer.entries),
            ("of entities", answer.entities),
            ("that would differ", answer.differing),
            ("decisions of people that would be refused", answer.refused or None),
            ("that could not be decided again", answer.failed or None),
        ],
    )
    table("Strikes", COLUMNS, _rows(answer.strikes))
    table("Sanctions", COLUMNS, _rows(answer.sanctions))
    rows = [
        (example.entity, one.kind, one.sort, one.guideline, one.was, one.would_be)
        for example in answer.examples
        for one in example.differences
    ]
    columns = ("entity", "is", "what", "guideline", "was", "would be")
    table(f"The first {len(answer.examples)} that differ", columns, rows)
    if answer.same:
        say("[bold]nothing would differ[/bold]")


def _show_posts(answer: PostsAnswer) -> None:
    facts(
        "Posts still kept, screened again by the rules in force and by the candidate's",
        [
            ("kept since", answer.since),
            ("until", answer.until),
            ("posts", answer.posts),
            ("unreadable", answer.unreadable or None),
            ("in which something else would be found", answer.differing),
            ("of accounts", answer.accounts or None),
        ],
    )
    table("Findings", COLUMNS, _rows(answer.findings))
    table(
        f"The first {len(answer.examples)} that differ",
        ("account", "post", "revision", "was", "would be"),
        [(one.account, one.post, one.revision, one.was, one.would_be) for one in answer.examples],
    )


def _rows(tallies: Mapping[str, Tally]) -> list[tuple[Any, ...]]:
    return [
        (plain(name), one.was, one.would_be, one.new, one.gone, one.changed)
        for name, one in sorted(tallies.items())
    ]


@contextmanager
def _progress(what: str, of_what: str) -> Iterator[Callable[[int], None]]:
    columns = (SpinnerColumn(), TextColumn(what), TextColumn(f"{{task.completed:,}} {of_what}"))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda count: progress.update(task, completed=count)
