"""Holds labelled sets and own cases against the rules, and counts. What was screened is never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from events.signals import Finding
from services.screening.bare import BareScreen, BareText
from services.screening.evaluation.figures import Counts, Rate
from services.screening.evaluation.labelled import LabelledSet, LabelledText, Measure, held_out
from services.screening.evaluation.own_cases import OwnCase
from services.screening.screen import Verdict

Level = Literal["enforced", "either"]
"""What is enforced; and what is enforced or sent to review."""

ENFORCED: Final = frozenset({"enforce"})
EITHER: Final = frozenset({"enforce", "review"})
LEVELS: Final[Mapping[Level, frozenset[str]]] = {"enforced": ENFORCED, "either": EITHER}

Fresh = Callable[[], BareScreen]
"""Makes a screen without a history."""


class Measured(msgspec.Struct):
    """One measure of one set: all of its texts, and only those held out."""

    measure: Measure
    all: dict[Level, Counts]
    held_out: dict[Level, Counts]


class SetResult(msgspec.Struct):
    """One set. `texts` counts them; `failed` are texts at which a rule raised."""

    set: LabelledSet
    measured: list[Measured]
    texts: int = 0
    failed: int = 0


class Tally(msgspec.Struct):
    """What doesn't belong to one set: flag rates on ordinary texts and by group.

    Keys of `ordinary` are kind, guideline (empty: any) and level; those of `groups` group, guideline,
    level, and whether only texts that break nothing are counted.
    """

    ordinary: dict[tuple[str, str, Level], Rate] = {}
    groups: dict[tuple[str, str, Level, bool], Rate] = {}


class CaseResult(msgspec.Struct, frozen=True):
    """One own case: what came of it, and whether that was expected."""

    case: OwnCase
    mode: str
    found: tuple[str, ...]
    passed: bool


def measure_set(labelled: LabelledSet, files: Mapping[str, str], fresh: Fresh, tally: Tally) -> SetResult:
    """Screen one set, whose files have these contents; adds to `tally`."""
    screen = fresh()
    result = SetResult(
        labelled,
        [
            Measured(measure, {level: Counts() for level in LEVELS}, {level: Counts() for level in LEVELS})
            for measure in labelled.measures
        ],
    )
    for text in labelled.texts(files):
        verdict = screen.verdict(_bare(text))
        result.texts += 1
        result.failed += bool(verdict.failed_rules)
        _count(result, text, verdict)
        _tally(tally, text, verdict.findings)
    return result


def measure_cases(cases: Iterable[OwnCase], fresh: Fresh) -> list[CaseResult]:
    """Screen own cases, each with a history of its own."""
    return [_case(case, fresh()) for case in cases]


def is_found(measure: Measure, findings: Sequence[Finding], modes: frozenset[str]) -> bool:
    """Whether any of the findings is what the measure looks for, in one of these modes."""
    return any(
        finding.mode in modes
        and finding.guideline in measure.guidelines
        and (not measure.cases or finding.case in measure.cases)
        and (not measure.classes or finding.term_class in measure.classes)
        for finding in findings
    )


def _bare(text: LabelledText) -> BareText:
    time = datetime.fromtimestamp(text.at_ms / 1000, UTC) if text.at_ms else None
    return BareText(text.id, text.text, text.author, text.thread, text.reply_to, time)


def _count(result: SetResult, text: LabelledText, verdict: Verdict) -> None:
    out = held_out(text)
    for measured in result.measured:
        truth = text.truth.get(measured.measure.name)
        if truth is None:
            continue
        for level, modes in LEVELS.items():
            aside = measured.measure.aside if level == "enforced" else frozenset[str]()
            asked = [finding for finding in verdict.findings if finding.case not in aside]
            found = is_found(measured.measure, asked, modes)
            measured.all[level].add(truth=truth, found=found)
            if out:
                measured.held_out[level].add(truth=truth, found=found)


def _tally(tally: Tally, text: LabelledText, findings: Sequence[Finding]) -> None:
    breaks = any(text.truth.values())
    for level, modes in LEVELS.items():
        flagged = {finding.guideline for finding in findings if finding.mode in modes}
        for guideline in ("", *GUIDELINES):
            hit = bool(flagged) if not guideline else guideline in flagged
            if text.ordinary is not None:
                _add(tally.ordinary.setdefault((text.ordinary, guideline, level), Rate()), hit)
            for group in text.groups:
                _add(tally.groups.setdefault((group, guideline, level, False), Rate()), hit)
                if not breaks:
                    _add(tally.groups.setdefault((group, guideline, level, True), Rate()), hit)


GUIDELINES: Final = (
    "keep-it-clean",
    "no-spam",
    "no-selling",
    "ownership",
    "privacy",
    "no-bullying",
    "no-hate",
)
"""Those that have rules about texts."""


def _add(rate: Rate, hit: bool) -> None:
    rate.of += 1
    rate.count += hit


def _case(case: OwnCase, screen: BareScreen) -> CaseResult:
    for before in case.before:
        screen.verdict(before)
    verdict = screen.verdict(case.text)
    findings = [finding for finding in verdict.findings if finding.guideline == case.guideline]
    modes = {finding.mode for finding in findings}
    mode = next((mode for mode in ("enforce", "review") if mode in modes), "none")
    found = tuple(sorted(f"{finding.case} {finding.mode}" for finding in findings))
    named = (
        not case.case
        or case.mode == "none"
        or any(finding.case == case.case and finding.mode == mode for finding in findings)
    )
    return CaseResult(case, mode, found, mode == case.mode and named and not verdict.failed_rules)
