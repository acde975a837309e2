"""`goodstanding decide`: every decision that a person can make, a command each.

Ids may be shortened to their first digits. The version that the person saw is filled in from the projection.
Before a decision restricts somebody, what would follow from it is shown and asked about; `--dry-run` only
shows it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import typer

from services.commands import connect, deciding
from services.commands.deciding import Choice, Run
from services.commands.failures import CommandFailed
from services.commands.output import AsJson
from services.commands.targets import Target, find
from services.exit_codes import ExitCode

app = typer.Typer(
    no_args_is_help=True, help="Decide about an account, a strike, a sanction, a case or a post."
)

Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; the account may get to read it.")]
MaybeReason = Annotated[str | None, typer.Option("--reason", "-r", help="Why.")]
Account = Annotated[str, typer.Argument(help="The account's id.")]
StrikeId = Annotated[str, typer.Argument(metavar="STRIKE", help="The strike's id, or its first digits.")]
SanctionId = Annotated[
    str, typer.Argument(metavar="SANCTION", help="The sanction's id, or its first digits.")
]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's id, or its first digits.")]
StrikeOrSanction = Annotated[
    str, typer.Argument(metavar="STRIKE|SANCTION", help="Its id, or its first digits.")
]
StrikeOrCase = Annotated[str, typer.Argument(metavar="STRIKE|CASE", help="Its id, or its first digits.")]
Guideline = Annotated[str, typer.Option("--guideline", "-g", help="The guideline's id, such as `no-spam`.")]
MaybeGuideline = Annotated[str | None, typer.Option("--guideline", "-g", help="The guideline's id.")]
CaseOfGuideline = Annotated[str, typer.Option("--case", help="The guideline's case, as the policy names it.")]
MaybeCase = Annotated[str | None, typer.Option("--case", help="The guideline's case.")]
Severity = Annotated[
    int | None, typer.Option(min=1, max=4, help="1 to 4; by default as the policy prices the case.")
]
Post = Annotated[str | None, typer.Option(help="The post that it is about.")]
Revision = Annotated[int | None, typer.Option(min=1, help="The revision of the post that was seen.")]
Until = Annotated[str | None, typer.Option(help="A time in RFC 3339, or a span from now: `36h`, `7d`.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would follow.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the outcome and show it.")]
EventId = Annotated[
    str | None,
    typer.Option("--id", help="The decision's id, to send it again without effect; by default derived."),
]

RESTRICTS: Final = frozenset(
    {
        "confirm",
        "strike",
        "sanction",
        "extend",
        "reclassify",
        "mute_reporter",
        "propose_termination",
        "confirm_termination",
    }
)
"""Decisions that take something from a person."""


def _go(choice: Choice, *, dry_run: bool, yes: bool, wait: bool, as_json: bool, event_id: str | None) -> None:
    run = Run(
        dry_run=dry_run,
        ask=choice.verb in RESTRICTS and not yes,
        wait=wait,
        as_json=as_json,
        event_id=event_id,
    )
    deciding.decide(choice, run)


def _about(target: Target, verb: str, **data: Any) -> Choice:
    """A decision about a strike, sanction or case."""
    return Choice(
        verb, target.account, target.version, {"target": {"kind": target.kind, "id": target.id}, **data}
    )


def _of_account(account: str, verb: str, **data: Any) -> Choice:
    """A decision about an account as a whole."""
    return Choice(verb, account, connect.run(deciding.standing_version(account)), data)


@app.command()
def confirm(
    target: StrikeOrCase,
    reason: MaybeReason = None,
    guideline: MaybeGuideline = None,
    case: MaybeCase = None,
    severity: Severity = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Stand behind a strike, or behind what a case claims."""
    choice = _about(
        find(target, "strike", "case"),
        "confirm",
        reason=reason,
        guideline=guideline,
        case=case,
        severity=severity,
    )
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def strike(
    account: Account,
    guideline: Guideline,
    case: CaseOfGuideline,
    reason: Reason,
    severity: Severity = None,
    post: Post = None,
    revision: Revision = None,
    act_at: Annotated[
        str | None, typer.Option(help="When the act happened, RFC 3339; by default now.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Put an act on an account's record that no rule found."""
    happened = deciding.until(act_at) if act_at else None
    choice = _of_account(
        account,
        "strike",
        guideline=guideline,
        case=case,
        reason=reason,
        severity=severity,
        post=post,
        revision=revision,
        act_at=happened,
    )
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def overturn(
    target: StrikeOrSanction,
    reason: Reason,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """It was wrong: as if it had never been, apart from the record of the mistake."""
    choice = _about(find(target, "strike", "sanction"), "overturn", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def waive(
    target: StrikeOrSanction,
    reason: Reason,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """It was right, and is let go."""
    choice = _about(find(target, "strike", "sanction"), "waive", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def reduce(
    target: StrikeOrSanction,
    reason: Reason,
    severity: Annotated[
        int | None, typer.Option(min=1, max=3, help="For a strike: what it is reduced to.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="For a sanction: its new end, RFC 3339 or from now on: `2d`.")
    ] = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Make a strike less severe (`--severity`), or end a sanction earlier (`--until`)."""
    found = find(target, "strike", "sanction")
    needed = "severity" if found.kind == "strike" else "until"
    if (severity is not None, until is not None) != (needed == "severity", needed == "until"):
        raise CommandFailed(
            ExitCode.USAGE,
            f"`{target}` is a {found.kind}, which is reduced by `--{needed}` alone",
            f"give `--{needed}`",
        )
    choice = _about(
        found, "reduce", reason=reason, severity=severity, until=deciding.until(until) if until else None
    )
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


SanctionName = Literal[
    "warning",
    "content_removal",
    "posting_restriction",
    "link_restriction",
    "message_restriction",
    "report_restriction",
    "suspension",
]


@app.command()
def sanction(
    account: Account,
    kind: Annotated[SanctionName, typer.Argument(help="What is to be done.")],
    guideline: Guideline,
    reason: Reason,
    until: Until = None,
    post: Post = None,
    revision: Revision = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Impose a sanction by hand; overturned strikes don't take it with them."""
    choice = _of_account(
        account,
        "sanction",
        sanction_kind=kind,
        guideline=guideline,
        reason=reason,
        until=deciding.until(until) if until else None,
        post=post,
        revision=revision,
    )
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def lift(
    sanction_id: SanctionId,
    reason: Reason,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """End a sanction now."""
    choice = _about(find(sanction_id, "sanction"), "lift", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def extend(
    sanction_id: SanctionId,
    reason: Reason,
    until: Until = None,
    forever: Annotated[bool, typer.Option("--until-lifted", help="Without an end.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Move a sanction's end to later."""
    if (until is None) != forever:
        raise CommandFailed(
            ExitCode.USAGE, "expected either `--until` or `--until-lifted`", "give just one of them"
        )
    choice = _about(
        find(sanction_id, "sanction"), "extend", reason=reason, until=deciding.until(until) if until else None
    )
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


DismissalName = Literal["dismissed_in_good_faith", "ignored", "manifestly_unfounded"]


@app.command()
def dismiss(
    case_id: CaseId,
    reason: Reason,
    outcome: Annotated[
        DismissalName, typer.Option(help="What the reporters are told.")
    ] = "dismissed_in_good_faith",
    report: Annotated[
        str | None, typer.Option(help="One report of the case; by default the whole case.")
    ] = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Nothing follows from a case, or from one of its reports. A proposed termination is turned down."""
    choice = _about(find(case_id, "case"), "dismiss", reason=reason, outcome=outcome, report=report)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def escalate(
    case_id: CaseId,
    reason: MaybeReason = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Ask somebody with more say to look at a case."""
    choice = _about(find(case_id, "case"), "escalate", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def reclassify(
    strike_id: StrikeId,
    guideline: Guideline,
    case: CaseOfGuideline,
    reason: Reason,
    severity: Severity = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """The strike stands, under another guideline or another case of it."""
    choice = _about(
        find(strike_id, "strike"),
        "reclassify",
        guideline=guideline,
        case=case,
        reason=reason,
        severity=severity,
    )
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def note(
    about: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    reason: Annotated[str, typer.Option("--text", "--reason", "-r", help="The note.")],
    case: Annotated[str | None, typer.Option(help="Leave it on this case instead.")] = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Leave a note on an account or on a case."""
    found = find(case, "case") if case else None
    if found is not None and found.account != about:
        raise CommandFailed(
            ExitCode.USAGE,
            f"case `{found.id}` is about `{found.account}`, not `{about}`",
            "name the case's account",
        )
    choice = _about(found, "note", reason=reason) if found else _of_account(about, "note", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command("mute-reporter")
def mute_reporter(
    account: Account,
    reason: Reason,
    until: Until = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Ignore an account's reports."""
    choice = _of_account(
        account, "mute_reporter", reason=reason, until=deciding.until(until) if until else None
    )
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command("unmute-reporter")
def unmute_reporter(
    account: Account,
    reason: MaybeReason = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Hear an account's reports again."""
    choice = _of_account(account, "unmute_reporter", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def restore(
    account: Account,
    post: Annotated[str, typer.Argument(help="The post's id.")],
    reason: Reason,
    revision: Revision = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Show a post again that was hidden, and clear this revision of it."""
    choice = _of_account(
        account, "restore", target={"kind": "post", "id": post}, reason=reason, revision=revision
    )
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)


@app.command("propose-termination")
def propose_termination(
    account: Account,
    guideline: Guideline,
    reason: Reason,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Propose to end an account's membership; it is suspended until a second person has decided."""
    choice = _of_account(account, "propose_termination", guideline=guideline, reason=reason)
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command("confirm-termination")
def confirm_termination(
    account: Account,
    reason: MaybeReason = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """Confirm a proposed termination, as a second person."""
    choice = _of_account(account, "confirm_termination", reason=reason)
    _go(choice, dry_run=dry_run, yes=yes, wait=wait, as_json=as_json, event_id=event_id)


@app.command()
def redecide(
    case_id: CaseId,
    reason: MaybeReason = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """After a fault of ours was mended: have the signal that failed decided again."""
    choice = _about(find(case_id, "case"), "redecide", reason=reason)
    _go(choice, dry_run=dry_run, yes=True, wait=wait, as_json=as_json, event_id=event_id)
