"""`goodstanding decide`: every decision that a person can make, a command each.

Ids may be shortened to their first digits. The version that the person saw is filled in from the projection.
Before a decision restricts somebody, what would follow from it is shown and asked about; `--dry-run` only
shows it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import typer

from services.commands import connect, deciding
from services.commands.deciding import Run
from services.commands.failures import CommandFailed
from services.commands.output import AsJson
from services.commands.targets import Target, find, seen_revision
from services.deciding import Choice
from services.exit_codes import ExitCode

app = typer.Typer(
    no_args_is_help=True, help="Decide about an account, a strike, a sanction, a case, an appeal or a post."
)

Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; the account may get to read it.")]
MaybeReason = Annotated[str | None, typer.Option("--reason", "-r", help="Why.")]
Account = Annotated[str, typer.Argument(help="The account's id.")]
Other = Annotated[str, typer.Argument(help="The other account's id.")]
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
SeenRevision = Annotated[
    int | None,
    typer.Option(min=1, help="The post's revision that was seen; by default the latest that the case names."),
]
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
        "link",
        "merge",
        "propose_referral",
        "confirm_referral",
        "propose_termination",
        "confirm_termination",
    }
)
"""Decisions that take something from a person."""


def _how(
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    event_id: EventId = None,
    as_json: AsJson = False,
) -> None:
    """The options that every decision has, and nothing else: see `_command`."""


def _command(name: str | None = None) -> Callable[[Callable[..., Choice]], Callable[..., None]]:
    """A command: the function says what is decided, and how to go about it is the same for all."""

    def register(choose: Callable[..., Choice]) -> Callable[..., None]:
        @functools.wraps(choose)
        def run(
            *, dry_run: bool, yes: bool, wait: bool, event_id: str | None, as_json: bool, **given: Any
        ) -> None:
            choice = choose(**given)
            ask = choice.verb in RESTRICTS and not yes
            deciding.decide(choice, Run(dry_run, ask, wait, as_json, event_id))

        own, how = inspect.signature(choose, eval_str=True), inspect.signature(_how, eval_str=True)
        parameters = [*own.parameters.values(), *how.parameters.values()]
        run.__signature__ = how.replace(parameters=parameters)  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {**choose.__annotations__, **_how.__annotations__}
        app.command(name)(run)
        return run

    return register


def _about(target: Target, verb: str, **data: Any) -> Choice:
    """A decision about a strike, sanction or case."""
    return Choice(
        verb, target.account, target.version, {"target": {"kind": target.kind, "id": target.id}, **data}
    )


def _of_account(account: str, verb: str, **data: Any) -> Choice:
    """A decision about an account as a whole."""
    return Choice(verb, account, connect.run(deciding.standing_version(account)), data)


@_command()
def confirm(
    target: StrikeOrCase,
    reason: MaybeReason = None,
    guideline: MaybeGuideline = None,
    case: MaybeCase = None,
    severity: Severity = None,
    revision: SeenRevision = None,
) -> Choice:
    """Stand behind a strike, or behind what a case claims."""
    found = find(target, "strike", "case")
    return _about(
        found,
        "confirm",
        reason=reason,
        guideline=guideline,
        case=case,
        severity=severity,
        revision=revision or seen_revision(found),
    )


@_command()
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
) -> Choice:
    """Put an act on an account's record that no rule found."""
    happened = deciding.until(act_at) if act_at else None
    return _of_account(
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


@_command()
def overturn(target: StrikeOrSanction, reason: Reason) -> Choice:
    """It was wrong: as if it had never been, apart from the record of the mistake."""
    return _about(find(target, "strike", "sanction"), "overturn", reason=reason)


@_command()
def waive(target: StrikeOrSanction, reason: Reason) -> Choice:
    """It was right, and is let go."""
    return _about(find(target, "strike", "sanction"), "waive", reason=reason)


@_command()
def reduce(
    target: StrikeOrSanction,
    reason: Reason,
    severity: Annotated[
        int | None, typer.Option(min=1, max=3, help="For a strike: what it is reduced to.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="For a sanction: its new end, RFC 3339 or from now on: `2d`.")
    ] = None,
) -> Choice:
    """Make a strike less severe (`--severity`), or end a sanction earlier (`--until`)."""
    found = find(target, "strike", "sanction")
    needed = "severity" if found.kind == "strike" else "until"
    if (severity is not None, until is not None) != (needed == "severity", needed == "until"):
        raise CommandFailed(
            ExitCode.USAGE,
            f"`{target}` is a {found.kind}, which is reduced by `--{needed}` alone",
            f"give `--{needed}`",
        )
    return _about(
        found, "reduce", reason=reason, severity=severity, until=deciding.until(until) if until else None
    )


SanctionName = Literal[
    "warning",
    "content_removal",
    "posting_restriction",
    "link_restriction",
    "message_restriction",
    "report_restriction",
    "suspension",
]


@_command()
def sanction(
    account: Account,
    kind: Annotated[SanctionName, typer.Argument(help="What is to be done.")],
    guideline: Guideline,
    reason: Reason,
    until: Until = None,
    post: Post = None,
    revision: Revision = None,
) -> Choice:
    """Impose a sanction by hand; overturned strikes don't take it with them."""
    return _of_account(
        account,
        "sanction",
        sanction_kind=kind,
        guideline=guideline,
        reason=reason,
        until=deciding.until(until) if until else None,
        post=post,
        revision=revision,
    )


@_command()
def lift(sanction_id: SanctionId, reason: Reason) -> Choice:
    """End a sanction now."""
    return _about(find(sanction_id, "sanction"), "lift", reason=reason)


@_command()
def extend(
    sanction_id: SanctionId,
    reason: Reason,
    until: Until = None,
    forever: Annotated[bool, typer.Option("--until-lifted", help="Without an end.")] = False,
) -> Choice:
    """Move a sanction's end to later."""
    if (until is None) != forever:
        raise CommandFailed(
            ExitCode.USAGE, "expected either `--until` or `--until-lifted`", "give just one of them"
        )
    return _about(
        find(sanction_id, "sanction"), "extend", reason=reason, until=deciding.until(until) if until else None
    )


AppealName = Literal["granted", "partly_granted", "denied"]
DismissalName = Literal["dismissed_in_good_faith", "ignored", "manifestly_unfounded"]


@_command()
def dismiss(
    case_id: CaseId,
    reason: Reason,
    outcome: Annotated[
        DismissalName, typer.Option(help="What the reporters are told.")
    ] = "dismissed_in_good_faith",
    report: Annotated[
        str | None, typer.Option(help="One report of the case; by default the whole case.")
    ] = None,
    revision: SeenRevision = None,
) -> Choice:
    """Nothing follows from a case, or from one of its reports. A proposed termination is turned down."""
    found = find(case_id, "case")
    seen = revision or seen_revision(found)
    return _about(found, "dismiss", reason=reason, outcome=outcome, report=report, revision=seen)


@_command()
def escalate(case_id: CaseId, reason: MaybeReason = None) -> Choice:
    """Ask somebody with more say to look at a case."""
    return _about(find(case_id, "case"), "escalate", reason=reason)


@_command()
def reclassify(
    strike_id: StrikeId,
    guideline: Guideline,
    case: CaseOfGuideline,
    reason: Reason,
    severity: Severity = None,
) -> Choice:
    """The strike stands, under another guideline or another case of it."""
    return _about(
        find(strike_id, "strike"),
        "reclassify",
        guideline=guideline,
        case=case,
        reason=reason,
        severity=severity,
    )


@_command()
def note(
    about: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    reason: Annotated[str, typer.Option("--text", "--reason", "-r", help="The note.")],
    case: Annotated[str | None, typer.Option(help="Leave it on this case instead.")] = None,
) -> Choice:
    """Leave a note on an account or on a case."""
    found = find(case, "case") if case else None
    if found is not None and found.account != about:
        raise CommandFailed(
            ExitCode.USAGE,
            f"case `{found.id}` is about `{found.account}`, not `{about}`",
            "name the case's account",
        )
    return _about(found, "note", reason=reason) if found else _of_account(about, "note", reason=reason)


@_command("mute-reporter")
def mute_reporter(
    account: Account, reason: Reason, until: Until = None, guideline: MaybeGuideline = None
) -> Choice:
    """Ignore an account's reports."""
    return _of_account(
        account,
        "mute_reporter",
        reason=reason,
        until=deciding.until(until) if until else None,
        guideline=guideline,
    )


@_command("unmute-reporter")
def unmute_reporter(account: Account, reason: MaybeReason = None) -> Choice:
    """Hear an account's reports again."""
    return _of_account(account, "unmute_reporter", reason=reason)


@_command()
def link(account: Account, other: Other, reason: Reason) -> Choice:
    """Say that two accounts are one person's."""
    return _of_account(account, "link", other=other, reason=reason)


@_command()
def unlink(account: Account, other: Other, reason: Reason) -> Choice:
    """Say that two accounts are not one person's, whatever they have in common."""
    return _of_account(account, "unlink", other=other, reason=reason)


@_command()
def merge(account: Account, other: Other, reason: Reason) -> Choice:
    """Carry an account's record over to the person's new one, without fault; `unlink` takes it back."""
    return _of_account(account, "merge", other=other, reason=reason)


@_command()
def restore(
    account: Account,
    post: Annotated[str, typer.Argument(help="The post's id.")],
    reason: Reason,
    revision: Revision = None,
) -> Choice:
    """Show a post again that was hidden, and clear this revision of it."""
    return _of_account(
        account, "restore", target={"kind": "post", "id": post}, reason=reason, revision=revision
    )


@_command("propose-termination")
def propose_termination(account: Account, guideline: Guideline, reason: Reason) -> Choice:
    """Propose to end an account's membership; it is suspended until a second person has decided."""
    return _of_account(account, "propose_termination", guideline=guideline, reason=reason)


@_command("confirm-termination")
def confirm_termination(account: Account, reason: MaybeReason = None) -> Choice:
    """Confirm a proposed termination, as a second person."""
    return _of_account(account, "confirm_termination", reason=reason)


@_command("propose-referral")
def propose_referral(
    case_id: CaseId,
    reason: Reason,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="It was told at once; a second person looks within 24 hours.")
    ] = False,
) -> Choice:
    """Propose to tell law enforcement of what a case is about; the evidence is held from now on."""
    return _about(find(case_id, "case"), "propose_referral", reason=reason, emergency=emergency)


@_command("confirm-referral")
def confirm_referral(case_id: CaseId, reason: Reason) -> Choice:
    """Confirm a referral, as a second person: name the case that it opened. `dismiss` turns it down."""
    return _about(find(case_id, "case"), "confirm_referral", reason=reason)


@_command("appeal")
def decide_appeal(
    appeal_id: Annotated[str, typer.Argument(metavar="APPEAL", help="The appeal's id, or its first digits.")],
    outcome: Annotated[AppealName, typer.Argument(help="The answer.")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; the account reads it.")],
    strikes: Annotated[
        list[str] | None, typer.Option("--strike", help="Partly: a strike that falls; may be repeated.")
    ] = None,
    severity: Annotated[
        int | None, typer.Option(min=1, max=3, help="Partly: what the strike is reduced to.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Partly: when the sanction ends, RFC 3339 or from now on: `2d`.")
    ] = None,
) -> Choice:
    """Answer an appeal. Partly granted: say which strikes fall, or what is reduced."""
    found = find(appeal_id, "appeal")
    data = {
        "appeal": found.id,
        "outcome": outcome,
        "reason": reason,
        "strikes": [find(strike, "strike").id for strike in strikes or ()] or None,
        "severity": severity,
        "until": deciding.until(until) if until else None,
    }
    return Choice("decide_appeal", found.account, found.version, data)


@_command()
def redecide(case_id: CaseId, reason: MaybeReason = None) -> Choice:
    """After a fault of ours was mended: have the signal that failed decided again."""
    return _about(find(case_id, "case"), "redecide", reason=reason)
