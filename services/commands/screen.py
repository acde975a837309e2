"""`goodstanding screen`: hold a file against the rules, without sending anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from events.policy_text import PolicyErrors, read_policy
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import err, note, plain
from services.exit_codes import ExitCode

if TYPE_CHECKING:
    from services.screening.digests import IdentityKey
    from services.screening.rulebook import Rulebook

STDIN: Final = "-"

PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE.yaml", help="The policy's text; by default the configured one."),
]


def screen(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE.jsonl", help="One post event in JSON a line; `-` is standard input."),
    ],
    policy: PolicyOption = None,
    texts: Annotated[
        bool,
        typer.Option(
            "--texts",
            help='Lines are bare texts: {"id", "body"}, and account_id, thread, reply_to, time where known.',
        ),
    ] = False,
) -> None:
    """Hold each line against the guidelines: its findings, one JSON object a line. Needs no deployment."""
    from services.screening.bare import screen_texts  # brings the pattern matcher, which takes long to load
    from services.screening.dry_run import screen_lines

    rulebook = load_rulebook(policy)
    encode = msgspec.json.Encoder().encode
    refused = total = 0
    with opened(file) as lines:
        answers = (screen_texts if texts else screen_lines)(lines, rulebook, dry_run_key())
        for answer in answers:
            total += 1
            refused += answer.refused is not None
            sys.stdout.buffer.write(encode(answer) + b"\n")
    sys.stdout.buffer.flush()
    if refused:
        note(f"{refused} of {total} lines couldn't be read; `refused` says why")
        raise typer.Exit(ExitCode.BAD_INPUT)


def load_rulebook(path: Path | None) -> Rulebook:
    """The rules of a policy's text. Raises `CommandFailed`."""
    from services.runtime.kept_files import compiled_patterns
    from services.screening.guidelines import RULES, known_rules
    from services.screening.rulebook import Rulebook

    file = path or connect.settings().policy_path
    try:
        policy = read_policy(file.read_text("utf-8"), known_rules())
        return Rulebook(policy, RULES, compiled_patterns(connect.settings()))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"can't read the policy `{file}`: {error}", "name a policy's YAML file"
        ) from error
    except PolicyErrors as errors:
        _show(file, errors)
        raise CommandFailed(ExitCode.BAD_INPUT, f"`{file}` has faults", "correct them") from None


def dry_run_key() -> IdentityKey:
    """A key for digests that nobody keeps: the same texts give the same answers everywhere."""
    from services.screening.digests import IdentityKey

    return IdentityKey("dry", b"digests of a dry run are no secret")


@contextmanager
def opened(file: str) -> Iterator[Iterable[bytes]]:
    """A file's lines, or those of standard input. Raises `CommandFailed`."""
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        lines: IO[bytes] = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"can't read `{file}`: {error.strerror}",
            "name a file of one JSON object a line",
        ) from error
    with lines:
        yield lines


def _show(path: Path, errors: PolicyErrors) -> None:
    for fault in errors.errors:
        err.print(plain(f"{path}, {fault}"), soft_wrap=True)
