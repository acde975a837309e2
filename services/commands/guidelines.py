"""`goodstanding guidelines`: how good the rules are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.commands.failures import CommandFailed
from services.commands.output import AsJson, emit, note, plain, say, table
from services.commands.screen import PolicyOption, dry_run_key, load_rulebook
from services.exit_codes import ExitCode
from services.runtime.settings import PROJECT

if TYPE_CHECKING:
    from services.screening.evaluation.measuring import CaseResult, Fresh
    from services.screening.evaluation.report import Results
    from services.screening.rulebook import Rulebook

DOCUMENT: Final = PROJECT / "docs" / "guidelines.md"
CASES: Final = PROJECT / "tests" / "guidelines" / "cases"
SHOWN_MAX: Final = 40

app = typer.Typer(no_args_is_help=True, help="How good the rules are.")


@app.callback()
def _group() -> None:
    """Keeps `evaluate` a command of its own."""


@app.command("evaluate")
def evaluate(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="The folder of the labelled sets.")
    ] = None,
    cases: Annotated[
        Path, typer.Option("--cases", metavar="DIR", help="The folder of own cases, a file a guideline.")
    ] = CASES,
    policy: PolicyOption = None,
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE.md", help="The report; what it shows of data stays without.")
    ] = DOCUMENT,
    write: Annotated[bool, typer.Option("--write/--no-write", help="Write the report.")] = True,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="SET", help="Measure these sets; nothing is written."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold labelled texts and own cases against the rules: precision, recall, flag rates, parity.

    Exits with 7 where a promise isn't kept. No text is ever shown or written.
    """
    from services.screening.evaluation.report import document, failures

    if data is not None and not data.is_dir():
        raise CommandFailed(
            ExitCode.NOT_FOUND, f"there is no folder `{data}`", "name the folder of the labelled sets"
        )
    rulebook = load_rulebook(policy)
    results = _measured(rulebook, data, cases, only)
    before = to.read_text("utf-8") if to.exists() else ""
    text = document(rulebook.policy, results, before)
    if write and not only and text != before:
        to.write_text(text, "utf-8")
        note(f"wrote {plain(to)}")
    short = failures(results)
    if as_json:
        emit({"report": text, "short": short, "missing": list(results.missing)})
    else:
        _show(results, short)
    if short:
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


def _measured(rulebook: Rulebook, data: Path | None, cases: Path, only: list[str] | None) -> Results:
    from services.screening.bare import BareScreen
    from services.screening.evaluation.labelled import LabelledSet
    from services.screening.evaluation.measuring import Tally, measure_set
    from services.screening.evaluation.report import Results
    from services.screening.evaluation.sets import SETS

    def fresh() -> BareScreen:
        return BareScreen(rulebook, dry_run_key())

    def files(one: LabelledSet) -> dict[str, str]:
        if data is None:
            return {}
        paths = sorted(path for pattern in one.files for path in data.glob(pattern))
        return {path.relative_to(data).as_posix(): path.read_text("utf-8") for path in paths}

    results = Results(rulebook.digest, [], Tally(), _cases(cases, fresh))
    missing: list[str] = []
    for one in SETS if data is not None else ():
        if only and one.name not in only:
            continue
        found = files(one)
        if one.files and not found:
            missing.append(one.name)
            continue
        results.sets.append(measure_set(one, found, fresh, results.tally))
    results.missing = tuple(missing)
    return results


def _cases(folder: Path, fresh: Fresh) -> list[CaseResult]:
    from services.screening.evaluation.measuring import measure_cases
    from services.screening.evaluation.own_cases import CASES_SUFFIX, all_cases

    files = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob(f"*{CASES_SUFFIX}"))}
    try:
        return measure_cases(all_cases(files), fresh)
    except ValueError as error:
        raise CommandFailed(ExitCode.BAD_INPUT, str(error)) from error


def _show(results: Results, short: list[str]) -> None:
    rows = [
        (
            result.set.name,
            measured.measure.name,
            measured.all["either"].broken,
            _percent(measured.all["enforced"].precision),
            _percent(measured.all["enforced"].precision_low),
            _percent(measured.all["enforced"].recall),
            _percent(measured.all["either"].precision),
            _percent(measured.all["either"].recall),
            _percent(measured.all["either"].f1),
            _percent(measured.held_out["either"].f1),
        )
        for result in results.sets
        for measured in result.measured
    ]
    heads = ("set", "what", "broken", "enforced: P", "P low", "R", "either: P", "R", "F1", "F1 held out")
    table("Labelled sets", heads, rows)
    rates = [
        (kind, guideline or "all", level, rate.count, rate.of, f"{(rate.share or 0) * 100:.3f} %")
        for (kind, guideline, level), rate in results.tally.ordinary.items()
    ]
    table("Ordinary texts", ("texts", "guideline", "level", "flagged", "of", "share"), rates)
    passed = sum(one.passed for one in results.cases)
    say(f"own cases: {passed} of {len(results.cases)} as expected")
    for text in short[:SHOWN_MAX]:
        say(f"short: {plain(text)}")
    if len(short) > SHOWN_MAX:
        say(f"and {len(short) - SHOWN_MAX} more")


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:.1f}"
