"""What is known: `standing`, `strikes`, `sanctions`, `cases`, `audit` and `explain`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
import typer
from aiokafka.errors import KafkaError

from events import ledger
from events.policy import Policy
from services import answers
from services.answers import WITHHELD, BadPage, Listing, NotAllowed, Positions, ShownEntry, ShownExplanation
from services.commands import connect
from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, facts, note, plain, say, table
from services.commands.targets import find
from services.commands.times import parse_optional
from services.exit_codes import ExitCode
from services.keys import CAPABILITIES, READ, Operator
from services.runtime.reading import (
    PAGE_ROWS,
    Case,
    Database,
    NotFound,
    Sanction,
    Standing,
    StandingAnswer,
    Strike,
)
from services.sentences import moment, sentence, short

T = TypeVar("T")
POLICIES_WAIT_S: Final = 5.0
READINGS: Final = {
    "now": "{account} now",
    "as_recorded": "{account} as recorded by {at}",
    "in_effect": "{account} as in effect at {at}, by what is known today",
}

StrikeStatus = Literal["active", "expired", "overturned", "waived", "withdrawn"]

strikes = typer.Typer(no_args_is_help=True, help="Strikes and warnings.")
sanctions = typer.Typer(no_args_is_help=True, help="What was done about them.")
cases = typer.Typer(no_args_is_help=True, help="Open questions for a person to answer.")

appeals = typer.Typer(no_args_is_help=True, help="Complaints about strikes and sanctions.")

OfAccount = Annotated[str | None, typer.Option("--account", "-a", help="Only this account's.")]
Limit = Annotated[int, typer.Option(min=1, max=1_000, help="How many at most, the latest ones.")]
After = Annotated[str | None, typer.Option(help="Where to go on: what the page before said at its end.")]


def standing(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="As recorded by, and as in effect at, a moment."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show an account's standing: points, strikes, warnings and sanctions, with ids and versions."""
    at = parse_optional(as_of)
    answer = _ask(lambda db, who: answers.standing(db, who, account, at))
    if as_json:
        emit(answer)
        return
    _show_standing(answer.data)
    _footer(answer.positions)


@strikes.command("ls")
def strikes_ls(
    account: OfAccount = None,
    guideline: Annotated[
        str | None, typer.Option("--guideline", "-g", help="Only under this guideline.")
    ] = None,
    status: Annotated[StrikeStatus | None, typer.Option(help="Only in this state.")] = None,
    counts_as: Annotated[Literal["strike", "warning"] | None, typer.Option(help="strike or warning.")] = None,
    limit: Limit = PAGE_ROWS,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List strikes and warnings, the latest first."""
    chosen = {"account": account, "guideline": guideline, "status": status, "counts_as": counts_as}
    answer = _ask(lambda db, who: answers.strikes(db, who, **chosen, after=after, limit=limit))
    if as_json:
        emit(answer)
        return
    table("Strikes", ("account", *STRIKE_COLUMNS), [(row.account, *_strike(row)) for row in answer.data])
    _more(answer)


@sanctions.command("ls")
def sanctions_ls(
    account: OfAccount = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind, such as `suspension`.")] = None,
    status: Annotated[str | None, typer.Option(help="Only in this state, such as `in_force`.")] = None,
    origin: Annotated[
        str | None, typer.Option(help="ladder, rule, manual, termination_proposal, import or mute.")
    ] = None,
    limit: Limit = PAGE_ROWS,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List sanctions, the latest first."""
    chosen = {"account": account, "kind": kind, "status": status, "origin": origin}
    answer = _ask(lambda db, who: answers.sanctions(db, who, **chosen, after=after, limit=limit))
    if as_json:
        emit(answer)
        return
    rows = [(row.account, *_sanction(row)) for row in answer.data]
    table("Sanctions", ("account", *SANCTION_COLUMNS), rows)
    _more(answer)


@cases.command("ls")
def cases_ls(
    account: OfAccount = None,
    status: Annotated[Literal["open", "closed", "all"], typer.Option(help="open, closed or all.")] = "open",
    kind: Annotated[str | None, typer.Option(help="Only of this kind, such as `report`.")] = None,
    urgent: Annotated[
        bool | None, typer.Option("--urgent/--not-urgent", help="Only urgent ones, or only others.")
    ] = None,
    limit: Limit = PAGE_ROWS,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List cases, by default the open ones, the latest first."""
    chosen = {
        "account": account,
        "status": None if status == "all" else status,
        "kind": kind,
        "urgent": urgent,
    }
    answer = _ask(lambda db, who: answers.cases(db, who, **chosen, after=after, limit=limit))
    if as_json:
        emit(answer)
        return
    columns = ("case", "account", "opened", "kind", "urgent", "status", "reports", "findings", "about")
    rows = [
        (
            short(c.case_id),
            c.account,
            c.opened_at,
            c.case_kind,
            c.urgent,
            c.status,
            c.report_count,
            c.finding_count,
            c.summary,
        )
        for c in answer.data
    ]
    table("Cases", columns, rows)
    _more(answer)


@cases.command("show")
def cases_show(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="The case's id, or its first digits.")],
    as_json: AsJson = False,
) -> None:
    """Show a case with its findings and reports, and what can be decided about it."""
    connect.operator(READ)
    found = find(case_id, "case").id
    answer = _ask(lambda db, who: answers.case(db, who, found))
    if as_json:
        emit(answer)
        return
    _show_case(answer.data)
    _footer(answer.positions)


@appeals.command("ls")
def appeals_ls(
    account: OfAccount = None,
    status: Annotated[
        Literal["pending", "granted", "partly_granted", "denied", "all"],
        typer.Option(help="How it was answered, `pending` or all."),
    ] = "pending",
    limit: Limit = PAGE_ROWS,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List appeals, by default those that await an answer, the latest first."""
    chosen = {"account": account, "status": None if status == "all" else status}
    answer = _ask(lambda db, who: answers.appeals(db, who, **chosen, after=after, limit=limit))
    if as_json:
        emit(answer)
        return
    columns = ("appeal", "account", "filed", "by", "about", "id", "status", "decided by", "text", "reason")
    rows = [
        (
            short(a.appeal),
            a.account,
            a.filed_at,
            a.filed_by,
            a.about_kind,
            short(a.about),
            a.status,
            a.decided_by,
            a.text_ref,
            a.reason_ref,
        )
        for a in answer.data
    ]
    table("Appeals", columns, rows)
    _more(answer)


def audit(
    account: Annotated[str, typer.Argument(help="The account's id, or another entity's whole name.")],
    limit: Limit = PAGE_ROWS,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """Show an account's ledger entries, the latest first: who and what caused each, and what came of it."""
    answer = _ask(lambda db, who: answers.audit(db, who, account, after, limit))
    if as_json:
        emit(answer)
        return
    for entry in answer.data:
        _show_entry(entry)
    _more(answer)


def explain(
    strike_or_sanction: Annotated[
        str, typer.Argument(metavar="STRIKE|SANCTION", help="Its id, or its first digits.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say why there is a strike or a sanction.

    Guideline and text, policy, evidence, points, chain of causes.
    """
    connect.operator(READ)
    found = find(strike_or_sanction, "strike", "sanction").id

    async def work(db: Database, who: Operator) -> answers.ExplanationData:
        return await answers.explain(db, who, found, await _policies())

    answer = _ask(work)
    if as_json:
        emit(answer)
        return
    _show_explanation(answer.data)
    _footer(answer.positions)


def _ask(question: Callable[[Database, Operator], Awaitable[T]]) -> T:
    """Ask the projection, as the operator. Raises `CommandFailed`."""
    who = connect.operator(READ)

    async def work() -> T:
        async with connect.database() as pool:
            return await question(pool, who)

    try:
        return connect.run(work())
    except NotFound as error:
        said, _, remedy = str(error).partition("; ")
        raise CommandFailed(ExitCode.NOT_FOUND, said, remedy) from error
    except BadPage as error:
        raise CommandFailed(ExitCode.USAGE, str(error)) from error
    except NotAllowed as error:
        raise CommandFailed(
            ExitCode.NOT_ALLOWED,
            f"the key of `{who.actor}` may not {CAPABILITIES[error.capability]}",
            f"use a key with the capability `{error.capability}`",
        ) from error


async def _policies() -> Mapping[str, Policy]:
    """Every policy's text; none where Kafka can't be asked, since an explanation is of use without."""
    try:
        async with asyncio.timeout(POLICIES_WAIT_S), connect.policies() as source:
            return dict(source.policies)
    except (KafkaError, OSError, TimeoutError) as error:
        note(f"[dim]without the guideline's text: Kafka didn't answer ({plain(type(error).__name__)})[/dim]")
        return {}


STRIKE_COLUMNS: Final = (
    "strike",
    "issued",
    "guideline",
    "counts as",
    "severity",
    "points",
    "status",
    "expires",
    "confirmed by",
    "version",
)
SANCTION_COLUMNS: Final = (
    "sanction",
    "kind",
    "origin",
    "from",
    "to",
    "status",
    "by",
    "carried out",
    "version",
)


def _strike(row: Strike) -> tuple[object, ...]:
    return (
        short(row.strike),
        row.issued_at,
        row.guideline,
        row.counts_as,
        f"s{row.severity}",
        row.points,
        row.status,
        row.expires_at,
        row.confirmed_by,
        row.version,
    )


def _sanction(row: Sanction) -> tuple[object, ...]:
    return (
        short(row.sanction),
        _kind(row),
        row.origin,
        row.starts_at,
        row.ends_at,
        row.status,
        row.issued_by,
        row.carried,
        row.version,
    )


def _kind(sanction: Sanction) -> str:
    return f"{sanction.sanction_kind} of {sanction.post}" if sanction.post else sanction.sanction_kind


def _more(answer: Listing[Any]) -> None:
    if answer.next is not None:
        note(f"[dim]there are more: --after {plain(answer.next)}[/dim]")
    _footer(answer.positions)


def _footer(positions: Positions) -> None:
    """Which ledger positions the answer reflects."""
    shown = ", ".join(f"{partition}:{offset}" for partition, offset in sorted(positions.next.items()))
    note(f"[dim]up to ledger {plain(shown) or 'nothing yet'} (partition:offset)[/dim]")


def _show_standing(answer: StandingAnswer) -> None:
    found = [one for one in (answer.now, answer.as_recorded, answer.in_effect) if one is not None]
    if not found:
        say(f"nothing was on record about {plain(answer.account)} then")
    for one in found:
        _show_summary(one, READINGS[one.reading].format(account=one.account, at=moment(one.at)))
        _show_lists(one)


def _show_summary(one: Standing, title: str) -> None:
    suspended = (
        f"until {moment(one.suspended_until)}" if one.suspended_until else "yes" if one.suspended else "no"
    )
    facts(
        title,
        [
            ("points", f"{one.active_points}, of which confirmed {one.confirmed_points}" + _rung(one)),
            ("strikes", f"{one.active_strikes} active of {one.total_strikes}, {one.warning_count} warnings"),
            ("suspended", suspended),
            ("terminated", "yes" if one.terminated else "proposed" if one.termination_proposed else None),
            ("restrictions", one.restrictions),
            ("hidden posts", one.hidden_posts or None),
            ("open cases", one.open_cases or None),
            ("merits", one.merits or None),
            ("its reports", "ignored" if one.reporter_muted else None),
            ("profile lacks", one.profile_missing),
            ("kind", one.account_kind),
            ("version", one.version),
            ("note", None if one.exact else "points are those around that moment: one entry spans it"),
        ],
    )


def _rung(one: Standing) -> str:
    return f" (rung {one.rung} of the ladder)" if one.rung else ""


def _show_lists(one: Standing) -> None:
    listed: list[Strike] = [*one.strikes, *one.warnings_given]
    if listed:
        table("Strikes and warnings", STRIKE_COLUMNS, map(_strike, listed))
    if one.sanctions:
        table("Sanctions", SANCTION_COLUMNS, map(_sanction, one.sanctions))


def _show_case(file: answers.CaseFile) -> None:
    case = file.case
    facts(
        f"Case {case.case_id}",
        [
            ("account", case.account),
            ("about", case.subject),
            (
                "kind",
                case.case_kind
                + (", urgent" if case.urgent else "")
                + (", escalated" if case.escalated else ""),
            ),
            ("status", case.status + (f": {case.result}, by {case.closed_by}" if case.result else "")),
            ("opened", case.opened_at),
            ("summary", case.summary),
            ("strikes", case.strikes),
            ("failed rules", case.failed_rules),
            ("version", case.version),
        ],
    )
    if case.findings:
        rows = [
            (
                f["guideline"],
                f["case"],
                f"s{f['severity']}",
                f["evidence"]["confidence"],
                f["post"],
                f["evidence"]["reason"],
            )
            for f in case.findings
        ]
        table("Findings", ("guideline", "case", "severity", "confidence", "post", "why"), rows)
    if file.reports:
        reports = [
            (r.report, r.reporter or WITHHELD, r.reason, r.weight / 1000, r.filed_at, r.outcome)
            for r in file.reports
        ]
        table("Reports", ("report", "reporter", "reason", "weight", "filed", "outcome"), reports)
    if case.status == "open":
        _suggest(case)


def _suggest(case: Case) -> None:
    """What a person can do next."""
    brief = case.case_id[:8]
    said = [f"decide dismiss {brief} --reason …", f"decide escalate {brief}"]
    if case.case_kind == "termination":
        said.insert(0, f"decide confirm-termination {case.account}")
    elif case.case_kind == "failed":
        said.insert(0, f"decide redecide {brief}")
    elif case.case_kind == "appeal":
        said[0] = f"decide appeal {brief} granted|partly_granted|denied --reason …"
    else:
        said.insert(0, f"decide confirm {brief}")
    note("[dim]next: " + plain("; ".join(f"goodstanding {one}" for one in said)) + "[/dim]")


def _show_entry(entry: ShownEntry) -> None:
    by = entry.actor_id or entry.actor_kind or entry.withheld
    kind = plain(entry.cause_kind.replace("_", " "))
    head = f"[bold]{entry.sequence}[/bold]  {moment(entry.recorded_at)}  {kind}"
    say(
        f"{head}  [dim]by {plain(by)}, policy {entry.policy_version[:8]}, cause {short(entry.cause_id)}[/dim]"
    )
    for line in _sentences(entry):
        say(f"    {plain(line)}")


def _sentences(entry: ShownEntry) -> list[str]:
    """The outcomes in words; their kinds alone where names of reporters were left out."""
    if entry.entry is None:
        return []
    lines: list[str] = []
    for kind, outcome in zip(entry.outcomes, entry.entry["outcomes"], strict=True):
        try:
            lines.append(sentence(msgspec.convert(outcome, ledger.Outcome)))
        except msgspec.ValidationError:
            lines.append(kind.replace("_", " "))
    return lines


def _show_explanation(found: ShownExplanation) -> None:
    text = found.guideline_text
    facts(
        f"{found.kind} {found.id} of {found.account}",
        [
            ("guideline", f"{found.guideline}: {text.title}" if text else found.guideline),
            ("its text", text.text.strip() if text else None),
            ("case", f"{text.case}: {text.case_title}" if text and text.case else None),
            ("policy", found.policy_version),
            ("decided by", found.decided_by),
            ("decided at", found.decided_at),
            ("points", f"{found.points_before} before, {found.points_after} after"),
            ("withheld", found.withheld),
        ],
    )
    for evidence in found.evidence if isinstance(found.evidence, list) else [found.evidence]:
        if evidence:
            _show_evidence(evidence)
    rows = [
        (c.recorded_at, c.cause_kind, c.entity or WITHHELD, c.sequence, c.actor_id or c.actor_kind)
        for c in found.chain
    ]
    table("Chain of causes, the nearest first", ("recorded", "signal", "at", "entry", "actor"), rows)
    if found.origin:
        origin = found.origin
        place = f"{origin.topic} {origin.partition}:{origin.offset}"
        say(f"it began with {plain(origin.type)} `{plain(origin.event)}`, {place}")


def _show_evidence(evidence: Mapping[str, Any]) -> None:
    spans = ", ".join(f"{span['start']}–{span['end']}" for span in evidence["spans"])
    facts(
        "Evidence",
        [
            ("rule", f"{evidence['rule']}, version {evidence['rule_version']}"),
            ("confidence", f"{evidence['confidence']} %"),
            ("why", evidence["reason"]),
            ("where", f"code points {spans}" if spans else None),
            ("content", evidence["content_ref"]),
        ],
    )
