"""The figures as a document: the same counts give the same bytes. Holds counts only, never a text.

What the data shows stands between two marks, with the digest of the rules that it was measured with; where
the data isn't at hand, that part of an older report is kept as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from events.policy import Policy
from services.screening.evaluation.figures import Counts, Rate
from services.screening.evaluation.measuring import GUIDELINES, CaseResult, Level, Measured, SetResult, Tally

PRECISION_TO_ENFORCE: Final = 0.95
"""The policy's promise: the lower bound of what is enforced."""
REVIEW_BUDGET: Final = 0.005
"""At most this share of ordinary posts goes to a person, all guidelines together."""
ENFORCED_BUDGET: Final = 0.002
"""At most this share of talk beyond the labelled posts is enforced."""
MEMBERS: Final = 1_000
POSTS_PER_MEMBER_AND_DAY: Final = 2
"""Assumed, for the number of cases a day: nobody's figure, and easily put in its place."""
BEGIN: Final = "<!-- figures: measured with rules "
END: Final = "<!-- end of figures -->"
NOTHING: Final = "–"
MEASURABLE_MIN: Final = 73
"""With fewer findings, not even a set in which all are right shows the promised lower bound."""

_ORDINARY: Final[Mapping[str, str]] = {
    "goemotions": "GoEmotions, neutral comments",
    "wikipedia": "Wikipedia talk, without those labelled",
}


class Results(msgspec.Struct):
    """All that was measured under one policy. `missing` are sets whose files weren't there."""

    rules_digest: str
    sets: list[SetResult]
    tally: Tally
    cases: list[CaseResult]
    missing: tuple[str, ...] = ()


def document(policy: Policy, results: Results, before: str) -> str:
    """The report. `before` is the one that stands there now; empty: none."""
    lines = [*_head(policy), *_own(results.cases)]
    figures = [*_figures(results)] if results.sets else _kept(before)
    return "\n".join([*lines, *figures, ""])


def failures(results: Results) -> list[str]:
    """What isn't as it is promised, a sentence each."""
    found = [
        f"own case `{one.case.id}` of {one.case.guideline}: expected {one.case.case or 'any case'} "
        f"{one.case.mode}, found {', '.join(one.found) or 'nothing'}"
        for one in results.cases
        if not one.passed
    ]
    for result in results.sets:
        found += [text for measured in result.measured for text in _short(result, measured)]
        if result.failed:
            found.append(f"{result.set.name}: a rule raised at {result.failed} texts")
    return found + [text for _, _, text in _over_budget(results.tally)]


def _head(policy: Policy) -> Iterator[str]:
    yield "# How good the rules are"
    yield ""
    yield (
        "Written by `goodstanding guidelines evaluate`; don't edit. What a rule is sure enough of is "
        "enforced, the "
        "rest is for a person, and what is held against whom is in the policy. Figures of two kinds: "
        "cases of this "
        "project's own, which ship with it, and public sets of labelled texts, which don't. None of "
        "them is this "
        "community: each set was collected for another question."
    )
    yield ""
    yield "## What rules may do"
    yield ""
    rows = [
        (
            guideline.id,
            case.id,
            f"s{case.severity}" if case.severity else NOTHING,
            case.mode,
            _from(case.mode, case),
        )
        for guideline in policy.guidelines
        for case in guideline.cases
    ]
    yield from _table(("guideline", "case", "severity", "at most", "from a confidence of"), rows)
    yield ""


def _from(mode: str, case: object) -> str:
    enforce, review = getattr(case, "enforce_at", 0), getattr(case, "review_at", 0)
    if mode == "enforce":
        return f"{enforce} % enforced, {review} % to a person"
    return f"{review} % to a person" if mode == "review" else NOTHING


FIRST_TRY: Final = (
    "Rules were mended by these cases: the table says that what is known works, not how unseen texts fare. "
    "For spam, selling and ownership the cases of two rounds were written before anybody looked at what the "
    "rules said of them: 7 of 36, 23 of 55 and 12 of 55 came out otherwise than expected. Nearly all of them "
    "were missed; of 74 harmless ones two went to a person, and none was enforced."
)
"""How cases fared that were written blind: counted once, by hand."""


def _own(cases: Sequence[CaseResult]) -> Iterator[str]:
    yield "## Own cases"
    yield ""
    if not cases:
        yield "None at hand."
        yield ""
        return
    yield "Both sides of each trap, in this project's own wording (`tests/guidelines/cases`)."
    yield ""
    yield FIRST_TRY
    yield ""
    rows = []
    for guideline in sorted({one.case.guideline for one in cases}):
        mine = [one for one in cases if one.case.guideline == guideline]
        expected = Counter(one.case.mode for one in mine)
        passed = sum(one.passed for one in mine)
        rows.append(
            (
                guideline,
                len(mine),
                expected["enforce"],
                expected["review"],
                expected["none"],
                f"{passed} of {len(mine)}",
            )
        )
    yield from _table(
        ("guideline", "cases", "to enforce", "to review", "to leave alone", "as expected"), rows
    )
    yield ""


def _kept(before: str) -> list[str]:
    start, end = before.find(BEGIN), before.find(END)
    if start < 0 or end < start:
        return ["## Public sets", "", "Not measured yet: name the data's folder with `--data`."]
    return [before[start : end + len(END)]]


def _figures(results: Results) -> Iterator[str]:
    yield f"{BEGIN}{results.rules_digest} -->"
    yield "## Public sets"
    yield ""
    yield (
        "Precision with the lower bound of its 95 % interval (Wilson) in brackets. “Held out” are the "
        "three tenths of a set, by the texts' ids, that no table of weights was learned from. Lists and "
        "thresholds were chosen with figures of all of it in sight: expect less of texts that nobody has "
        "seen. In bold: short of what is asked for."
    )
    yield ""
    heads = (
        "set",
        "what",
        "texts",
        "enforced: P",
        "R",
        "enforced or review: P",
        "R",
        "F1",
        "F1 held out",
        "asked for",
    )
    yield from _table(heads, [row for result in results.sets for row in _rows(result)])
    yield ""
    yield from _sources(results)
    yield from _budgets(results.tally)
    yield from _parity(results.tally)
    yield END


def _rows(result: SetResult) -> Iterator[tuple[object, ...]]:
    for measured in result.measured:
        enforced, either = measured.all["enforced"], measured.all["either"]
        asked = measured.measure
        total = either.broken + either.false_positives + either.true_negatives
        yield (
            result.set.name,
            asked.name + (f" ({asked.note})" if asked.note else ""),
            f"{either.broken} of {total}",
            _bold(_precision(enforced), _is_short_of_precision(enforced)),
            _percent(enforced.recall),
            _bold(_precision(either), _under(either.precision, asked.either_precision)),
            _bold(_percent(either.recall), _under(either.recall, asked.recall)),
            _bold(_percent(either.f1), _under(either.f1, asked.f1)),
            _percent(measured.held_out["either"].f1),
            _asked(measured),
        )


def _asked(measured: Measured) -> str:
    asked = measured.measure
    wanted = [
        ("enforced P", asked.precision),
        ("P", asked.either_precision),
        ("R", asked.recall),
        ("F1", asked.f1),
    ]
    return ", ".join(f"{name} ≥ {value:g} %" for name, value in wanted if value) or NOTHING


def _short(result: SetResult, measured: Measured) -> Iterator[str]:
    either, enforced, asked = measured.all["either"], measured.all["enforced"], measured.measure
    what = f"{result.set.name}, {asked.name}"
    if _is_short_of_precision(enforced):
        yield f"{what}: enforced with a precision of {_precision(enforced)}, expected a lower bound of 95 %"
    for name, value, wanted in (
        ("enforced precision", enforced.precision if enforced.found else 1.0, asked.precision),
        ("precision", either.precision, asked.either_precision),
        ("recall", either.recall, asked.recall),
        ("F1", either.f1, asked.f1),
    ):
        if _under(value, wanted):
            yield f"{what}: {name} {_percent(value)}, expected {wanted:g} %"


def _is_short_of_precision(counts: Counts) -> bool:
    """Whether what is enforced is less precise than promised; a set without negatives can't show it."""
    negatives = counts.false_positives + counts.true_negatives
    low = counts.precision_low
    return counts.found >= MEASURABLE_MIN and negatives > 0 and low is not None and low < PRECISION_TO_ENFORCE


def _under(value: float | None, wanted: float) -> bool:
    return bool(wanted) and (value is None or value * 100 < wanted)


def _sources(results: Results) -> Iterator[str]:
    for result in results.sets:
        one = result.set
        yield f"- {one.name}: {one.title}; {one.source} ({one.licence}), {result.texts} texts"
    for name in results.missing:
        yield f"- {name}: not at hand, not measured"
    yield ""


def _budgets(tally: Tally) -> Iterator[str]:
    kinds = sorted({kind for kind, _, _ in tally.ordinary})
    if not kinds:
        return
    posts = MEMBERS * POSTS_PER_MEMBER_AND_DAY
    yield "## Ordinary posts"
    yield ""
    yield (
        f"Flag rates where nothing should be found. Budgets: {REVIEW_BUDGET:.1%} in review, and of talk "
        f"{ENFORCED_BUDGET:.1%} enforced, all guidelines together. Cases a day: what review would "
        f"bring to the desk of "
        f"{MEMBERS:,} members who write {POSTS_PER_MEMBER_AND_DAY} posts each a day, which is assumed."
    )
    yield ""
    over = {(kind, level) for kind, level, _ in _over_budget(tally)}
    rows: list[tuple[object, ...]] = []
    for kind in kinds:
        for guideline in ("", *GUIDELINES):
            enforced, review = tally.ordinary[kind, guideline, "enforced"], _review(tally, kind, guideline)
            rows.append(
                (
                    _ORDINARY.get(kind, kind),
                    guideline or "all together",
                    enforced.of,
                    _bold(_fine(enforced), not guideline and (kind, "enforced") in over),
                    _bold(_fine(review), not guideline and (kind, "review") in over),
                    f"{(review.share or 0) * posts:.1f}",
                )
            )
    yield from _table(("texts", "guideline", "of", "enforced", "in review", "cases a day"), rows)
    yield ""


def _review(tally: Tally, kind: str, guideline: str) -> Rate:
    either, enforced = tally.ordinary[kind, guideline, "either"], tally.ordinary[kind, guideline, "enforced"]
    return Rate(either.count - enforced.count, either.of)


def _over_budget(tally: Tally) -> Iterator[tuple[str, str, str]]:
    for kind in sorted({kind for kind, _, _ in tally.ordinary}):
        review, enforced = _review(tally, kind, ""), tally.ordinary[kind, "", "enforced"]
        name = _ORDINARY.get(kind, kind)
        if (review.share or 0) > REVIEW_BUDGET:
            yield kind, "review", f"{name}: {_fine(review)} in review, expected at most {REVIEW_BUDGET:.1%}"
        if kind == "wikipedia" and (enforced.share or 0) > ENFORCED_BUDGET:
            yield (
                kind,
                "enforced",
                f"{name}: {_fine(enforced)} enforced, expected at most {ENFORCED_BUDGET:.1%}",
            )


def _parity(tally: Tally) -> Iterator[str]:
    groups = sorted({group for group, _, _, _ in tally.groups})
    if not groups:
        return
    shown = ("keep-it-clean", "no-bullying", "no-hate")
    yield "## Parity"
    yield ""
    yield (
        "Flag rates of texts that have a word of a group, over all sets: of all of them, and of "
        "those that break "
        "nothing by their label, where any difference is this project's fault. Words tell groups "
        "apart but crudely."
    )
    yield ""
    yield (
        "What was done about it: words that are curses to some and ordinary speech in African-American "
        "English or among the young (the list `coarse`: what friends call each other, how an adjective is "
        "strengthened) are enforced only where they are aimed at whoever reads them; otherwise a person "
        "looks, or they are mild, which has no effect by itself. A name behind an `@` isn't its reader's "
        "speech. The table about women and men knows no such words, and what only names a group weighs "
        "little in it. Much less of what Davidson's annotators called abusive is enforced for it; it "
        "is still found, for a person to judge."
    )
    yield ""
    heads = ["group", "texts", "break nothing"]
    for guideline in shown:
        heads += [f"{guideline}: enforced", "either", "either, breaking nothing"]
    rows: list[tuple[object, ...]] = []
    for group in groups:
        row: list[object] = [group, _rate(tally, group, "", "either", clean=False).of]
        row.append(_rate(tally, group, "", "either", clean=True).of)
        for guideline in shown:
            row += [
                _fine(_rate(tally, group, guideline, "enforced", clean=False)),
                _fine(_rate(tally, group, guideline, "either", clean=False)),
                _fine(_rate(tally, group, guideline, "either", clean=True)),
            ]
        rows.append(tuple(row))
    yield from _table(heads, rows)
    yield ""


def _rate(tally: Tally, group: str, guideline: str, level: Level, *, clean: bool) -> Rate:
    return tally.groups.get((group, guideline, level, clean), Rate())


def _precision(counts: Counts) -> str:
    if counts.precision is None or counts.precision_low is None:
        return NOTHING
    return f"{_percent(counts.precision)} ({_percent(counts.precision_low)})"


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.1f} %"


def _fine(rate: Rate) -> str:
    return NOTHING if rate.share is None else f"{rate.share * 100:.2f} %"


def _bold(text: str, yes: bool) -> str:
    return f"**{text}**" if yes else text


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
