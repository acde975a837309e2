"""`goodstanding`: everything that a person does with a deployment.

Answers go to standard output, as tables or with `--json` for machines; everything else, progress and errors,
goes to standard error. What the exit codes mean is in `services/exit_codes.py`.
"""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from services.commands import (
    connect,
    dead_letters,
    decide,
    demo,
    events,
    guidelines,
    keys,
    ledger,
    look,
    operate,
    policy,
    screen,
    state,
)
from services.commands.connect import KEY_VARIABLE
from services.commands.failures import CommandFailed, understood
from services.commands.output import err, fail
from services.exit_codes import ExitCode
from services.runtime.settings import take_variable

CONTEXT = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
    help="Enforces a community's guidelines from its event log. Every command has --help; most have --json.",
)

LOOK, ACT, RUN, PROVE = "Look", "Act", "Run", "Prove"

app.command(rich_help_panel=LOOK)(look.standing)
app.add_typer(look.strikes, name="strikes", rich_help_panel=LOOK)
app.add_typer(look.sanctions, name="sanctions", rich_help_panel=LOOK)
app.add_typer(look.cases, name="cases", rich_help_panel=LOOK)
app.add_typer(look.appeals, name="appeals", rich_help_panel=LOOK)
app.command(rich_help_panel=LOOK)(look.audit)
app.command(rich_help_panel=LOOK)(look.explain)
app.command(rich_help_panel=LOOK)(screen.screen)
app.add_typer(decide.app, name="decide", rich_help_panel=ACT)
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel=ACT)
app.add_typer(events.app, name="events", rich_help_panel=ACT)
app.add_typer(policy.app, name="policy", rich_help_panel=ACT)
app.add_typer(keys.app, name="keys", rich_help_panel=ACT)
app.command(rich_help_panel=RUN)(operate.status)
app.command(rich_help_panel=RUN)(operate.worker)
app.add_typer(operate.topics, name="topics", rich_help_panel=RUN)
app.add_typer(operate.db, name="db", rich_help_panel=RUN)
app.add_typer(operate.projections, name="projections", rich_help_panel=RUN)
app.add_typer(operate.clock, name="clock", rich_help_panel=RUN)
app.add_typer(state.app, name="state", rich_help_panel=RUN)
app.command(rich_help_panel=RUN)(demo.demo)
app.command(rich_help_panel=RUN)(demo.up)
app.command(rich_help_panel=RUN)(demo.down)
app.add_typer(ledger.app, name="ledger", rich_help_panel=PROVE)
app.command(rich_help_panel=PROVE)(ledger.replay)
app.add_typer(guidelines.app, name="guidelines", rich_help_panel=PROVE)


def main() -> NoReturn:
    """Run the command of this process's arguments, and exit with what became of it."""
    connect.present(take_variable(KEY_VARIABLE))
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. Says on standard error what went wrong."""
    try:
        code = app(arguments, prog_name="goodstanding", standalone_mode=False)
    except TyperException as error:
        if error.format_message():  # without one, the help was shown in its place
            fail(misused(error))
        return ExitCode.USAGE
    except (typer.Abort, KeyboardInterrupt):
        err.print("interrupted: nothing more was done")
        return ExitCode.INTERRUPTED
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else ExitCode.BUG
    except Exception as error:  # noqa: BLE001 - every failure has an exit code, and the rest is a bug with its traceback
        failure = understood(error)
        if failure is None:
            traceback.print_exc()
            return ExitCode.BUG
        fail(failure)
        return failure.code
    return code if isinstance(code, int) else ExitCode.OK


def misused(error: TyperException) -> CommandFailed:
    """What was wrong with the command line, and where its help is."""
    said = error.format_message()
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "goodstanding"
    return CommandFailed(ExitCode.USAGE, (said[:1].lower() + said[1:]).rstrip("."), f"see `{path} --help`")


if __name__ == "__main__":
    main()
