"""`goodstanding policy`: check a policy's text, put it into force, show what is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from events.control import activation_requested
from events.policy import Policy
from events.policy_text import PolicyErrors, read_policy
from services.clock.wall import wall_clock
from services.commands import connect, what_if
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, err, facts, note, plain, say, table
from services.commands.pipeline import wait_clock
from services.exit_codes import ExitCode
from services.keys import ACTIVATE
from services.runtime.policies import PolicySource

WAIT_S: Final = 30.0
SHOWN_DIGITS: Final = 12

app = typer.Typer(
    no_args_is_help=True, help="Check a policy's text, put it into force, show what is in force."
)

app.command("what-if")(what_if.what_if)

PolicyFile = Annotated[
    Path | None, typer.Argument(metavar="FILE.yaml", help="The policy's text; by default the configured one.")
]


@app.command("check")
def check(file: PolicyFile = None, as_json: AsJson = False) -> None:
    """Check a policy's text as a whole: every fault with its line, key and remedy."""
    path = file or connect.settings().policy_path
    try:
        policy = _parsed(path)
    except PolicyErrors as errors:
        if as_json:
            emit({"file": str(path), "valid": False, "faults": msgspec.to_builtins(errors.errors)})
        _show_faults(path, errors)
        raise typer.Exit(ExitCode.BAD_INPUT) from None
    if as_json:
        emit({"file": str(path), "valid": True, "version": policy.version, "faults": []})
        return
    cases = sum(len(guideline.cases) for guideline in policy.guidelines)
    say(
        f"{plain(path)} is valid: {plain(policy.name)}, {len(policy.guidelines)} guidelines, {cases} cases, "
        f"{len(policy.rules)} rules"
    )
    say(f"version {policy.version}")


@app.command("activate")
def activate(
    file: PolicyFile = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the clock has told every partition.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a policy into force: its text goes to `policies`, the request to `control`."""
    who = connect.operator(ACTIVATE)
    path = file or connect.settings().policy_path
    try:
        policy = _parsed(path)
    except PolicyErrors as errors:
        _show_faults(path, errors)
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"nothing was activated: `{path}` has faults", "correct them"
        ) from None
    connect.run(_activate(policy, who.actor, wait=wait, yes=yes, as_json=as_json))


@app.command("show")
def show(
    version: Annotated[
        str | None, typer.Argument(help="A version or its first digits; by default the one in force.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a policy: guidelines with their cases and prices, the ladder, and when it was asked for."""
    connect.run(_show(version, as_json=as_json))


def _parsed(path: Path) -> Policy:
    """The policy in a file. Raises `PolicyErrors` or `CommandFailed`."""
    from services.screening.guidelines import known_rules  # brings the slow pattern matcher

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"can't read the policy `{path}`: {error}",
            "name a policy's YAML file in UTF-8",
        ) from error
    return read_policy(text, known_rules())


def _show_faults(path: Path, errors: PolicyErrors) -> None:
    for fault in errors.errors:
        err.print(plain(f"{path}, {fault}"), soft_wrap=True)


async def _activate(policy: Policy, actor: str, *, wait: bool, yes: bool, as_json: bool) -> None:
    settings = connect.settings()
    async with connect.policies() as source:
        latest = source.latest()
    if latest is not None and latest[1].version == policy.version:
        answer = {"version": policy.version, "sequence": latest[0], "changed": False}
        emit(answer) if as_json else say(
            f"{plain(policy.name)} is in force already, with sequence {latest[0]}"
        )
        return
    if not yes:
        before = f"`{latest[1].version[:SHOWN_DIGITS]}` ({latest[1].name})" if latest else "none"
        note(
            f"in force: {plain(before)}; to be activated: `{policy.version[:SHOWN_DIGITS]}` "
            f"({plain(policy.name)})"
        )
        typer.confirm("Everything screened from then on is held against it. Activate?", abort=True, err=True)
    event = activation_requested(policy.version, actor, wall_clock())
    async with connect.producer() as producer:
        # The text first: whoever sees the request finds it.
        await producer.send_and_wait(
            settings.topic("policies"), policy.canonical, key=policy.version.encode()
        )
        value = event.model_dump_json(exclude_none=True).encode()
        taken = await producer.send_and_wait(settings.topic("control"), value)
    if wait:
        await _wait(taken.offset)
    if as_json:
        emit({"version": policy.version, "sequence": taken.offset, "changed": True})
    else:
        say(
            f"{plain(policy.name)} was activated as `{policy.version[:SHOWN_DIGITS]}`, with sequence "
            f"{taken.offset}"
        )


async def _wait(offset: int) -> None:
    async with connect.log() as kafka:
        prefix = connect.settings().topic_prefix
        if await wait_clock(kafka, prefix, lambda answered, _: answered > offset, WAIT_S) is None:
            raise CommandFailed(
                ExitCode.NOT_YET,
                f"activated with sequence {offset}, but the clock hasn't told the partitions within "
                f"{WAIT_S:.0f} s",
                "check that its worker runs and is ready (`goodstanding status`)",
            )


async def _show(version: str | None, *, as_json: bool) -> None:
    async with connect.policies() as source:
        policy = _chosen(source, version)
        sequences = [sequence for sequence, asked in source.activations() if asked == policy.version]
        latest = source.latest()
    in_force = latest is not None and latest[1].version == policy.version
    if as_json:
        emit(
            {
                "version": policy.version,
                "in_force": in_force,
                "sequences": sequences,
                "policy": policy.model_dump(mode="json"),
            }
        )
        return
    facts(
        policy.name,
        [
            ("version", policy.version),
            ("in force", in_force),
            ("asked for at", sequences or None),
            *_ladder(policy),
        ],
    )
    rows = [
        (
            guideline.id,
            case.id,
            f"s{case.severity}" if case.severity else None,
            case.mode,
            case.content,
            case.title,
        )
        for guideline in policy.guidelines
        for case in guideline.cases
    ]
    table("Cases", ("guideline", "case", "severity", "mode", "content", "title"), rows)


def _chosen(source: PolicySource, version: str | None) -> Policy:
    if version is None:
        latest = source.latest()
        if latest is None:
            raise CommandFailed(
                ExitCode.NOT_FOUND,
                "no policy is in force",
                "activate one (`goodstanding policy activate FILE`)",
            )
        return latest[1]
    meant = [known for known in source.policies if known.startswith(version)]
    if len(meant) != 1:
        known = ", ".join(f"`{one[:SHOWN_DIGITS]}`" for one in source.policies) or "none"
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"{len(meant)} policies begin with `{version}`, expected one",
            f"there are: {known}",
        )
    return source.policies[meant[0]]


def _ladder(policy: Policy) -> list[tuple[str, Any]]:
    prices = ", ".join(
        f"{name} {one.points} points" + (f" for {one.expiry_days} days" if one.expiry_days else "")
        for name, one in policy.severities.items()
    )
    rungs = ", ".join(
        f"from {rung.points} points "
        + (f"{rung.suspension_hours} h" if rung.suspension_hours else "termination proposed")
        for rung in policy.ladder
    )
    return [("prices", prices), ("ladder", rungs)]
