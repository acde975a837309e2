"""A case as a person needs to see it: what was said and found, by and about whom, and what policy says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from fastapi import Request

from events.codec import decode_entry
from events.contents import Content
from events.ids import subject_entity
from events.ledger import BarMetNoted, LinkNoted, NameNoted, PairNoted
from events.policy import Case as PolicyCase
from events.policy import Guideline, Policy
from services import answers
from services.answers import ShownReport
from services.api import access
from services.api.console import reads, timeline
from services.api.console.queries import SQL
from services.api.console.signed import database
from services.api.console.text import GRAPHIC_CASES, GRAPHIC_REASONS, MASKED_GUIDELINES, Mark, Run, runs
from services.keys import CONTENTS, REPORTERS, Operator
from services.runtime import reading
from services.runtime.reading import Case, Database, NotFound, Standing, Strike
from services.sentences import sentence

POST: Final = "post:"
TIMELINE_ROWS: Final = 8
BESIDE_ROWS: Final = 8
LINK_ENTRIES_MAX: Final = 20


class Version(msgspec.Struct, frozen=True):
    """One revision of what the case is about. `title` and `body` are in runs."""

    content: Content
    heading: str
    title: tuple[Run, ...]
    body: tuple[Run, ...]
    links: tuple[tuple[Run, ...], ...]


class Found(msgspec.Struct, frozen=True):
    """What was found, beside what the policy says of it where its text is there."""

    guideline: str
    case: str
    severity: int
    confidence: int | None
    rule: str
    reason: str
    revision: int | None
    guideline_text: Guideline | None
    policy_case: PolicyCase | None
    policy_version: str


class Told(msgspec.Struct, frozen=True):
    """A report with its words, and its reporter's record where the key may see who it was."""

    report: ShownReport
    reason: tuple[Run, ...]
    copy: tuple[Run, ...]
    record: Mapping[str, Any] | None


class Noted(msgspec.Struct, frozen=True):
    """A note's or reason's words."""

    text: tuple[Run, ...]


class CasePage(msgspec.Struct, frozen=True):
    """Everything on the page of a case. `lacking`: the capability without which the words aren't shown."""

    case: Case
    standing: Standing | None
    findings: tuple[Found, ...]
    strikes: tuple[Strike, ...]
    reports: tuple[Told, ...]
    people: int
    versions: tuple[Version, ...]
    lacking: str
    graphic: bool
    notes: tuple[Noted, ...]
    closing: tuple[Run, ...]
    timeline: tuple[timeline.Line, ...]
    beside: tuple[Any, ...]
    links: tuple[str, ...]

    @property
    def post(self) -> str | None:
        """The post that it is about; None for a case about the account."""
        return self.case.subject.removeprefix(POST) if self.case.subject.startswith(POST) else None

    @property
    def severity(self) -> int:
        """The gravest of what was found."""
        return max([0, *(f.severity for f in self.findings), *(s.severity for s in self.strikes)])

    @property
    def revision(self) -> int | None:
        """The latest revision that is shown, which a decision says that it saw."""
        known = [v.content.revision for v in self.versions] + [f.revision for f in self.findings]
        told = [one.report.revision for one in self.reports]
        return max((one for one in (*known, *told) if one is not None), default=None)


async def gather(request: Request, who: Operator, case_id: str, policies: Mapping[str, Policy]) -> CasePage:
    """Read all of it. Raises `NotFound` or `NotAllowed`."""
    db = database(request)
    found = (await answers.case(db, who, case_id)).data
    case = found.case
    await access.seen_cases(request, who, [case])
    rows = await db.fetch(reading.SQL["strikes_named"], list(case.strikes))
    strikes = await answers.veiled(db, who, (Strike.of(row) for row in rows))
    findings = _findings(case, strikes, policies)
    history = await _history(db, who, case.account)
    await access.seen_entries(request, who, history)
    versions, lacking = await _versions(request, who, case, strikes)
    named = {}
    if found.reports and who.may(REPORTERS):
        await access.seen(request, who.actor, REPORTERS, account=case.account, case_id=case_id)
        named = await reporters(db, [one.reporter for one in found.reports if one.reporter])
    refs = [ref for one in found.reports for ref in (one.reason_ref, one.content_ref)]
    refs += [*case.notes, case.reason_ref]
    texts = await reads.texts(request, who, case.account, refs, case_id)
    return CasePage(
        case=case,
        standing=await _standing(db, case.account),
        findings=findings,
        strikes=strikes,
        reports=tuple(_told(one, texts, named) for one in found.reports),
        people=await db.fetchval(SQL["people"], case_id),
        versions=versions,
        lacking=lacking,
        graphic=_graphic(case, findings, found.reports),
        notes=tuple(Noted(tuple(runs(texts[ref].text))) for ref in case.notes if ref in texts),
        closing=words_of(texts, case.reason_ref),
        timeline=tuple(timeline.lines(history)),
        beside=await _beside(request, who, case),
        links=await linked(db, case.account),
    )


def words_of(texts: Mapping[str, Content], ref: str | None) -> tuple[Run, ...]:
    """A text by reference, in runs; empty where it isn't kept or may not be seen."""
    return tuple(runs(texts[ref].text)) if ref is not None and ref in texts else ()


async def reporters(db: Database, accounts: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What became of what these accounts reported, by account."""
    return {row["account"]: dict(row) for row in await db.fetch(SQL["reporters"], sorted(set(accounts)))}


async def linked(db: Database, account: str) -> tuple[str, ...]:
    """What is known of other accounts of the same person's, the latest first, as sentences."""
    rows = await db.fetch(SQL["links"], subject_entity(account), LINK_ENTRIES_MAX)
    told = [
        sentence(outcome)
        for row in rows
        for outcome in decode_entry(row["data"]).outcomes
        if isinstance(outcome, LinkNoted | PairNoted | BarMetNoted | NameNoted)
    ]
    return tuple(dict.fromkeys(told))


async def _history(db: Database, who: Operator, account: str) -> Sequence[answers.ShownEntry]:
    try:
        return (await answers.audit(db, who, account, limit=TIMELINE_ROWS)).data
    except NotFound:
        return ()


async def _beside(request: Request, who: Operator, case: Case) -> tuple[Any, ...]:
    """Other cases of the account's that somebody may see."""
    rows = await database(request).fetch(SQL["open_cases_of"], case.account, BESIDE_ROWS + 1)
    shown = [row for row in rows if row["case_id"] != case.case_id]
    seen = tuple(row for row in shown if answers.may_see(who, row["case_kind"]))
    await reads.cases(request, who, seen)
    return seen


async def _standing(db: Database, account: str) -> Standing | None:
    """The account's standing; other entities, such as a campaign, have none."""
    try:
        return (await reading.standing(db, account)).now
    except NotFound:
        return None


def _findings(case: Case, strikes: Sequence[Strike], policies: Mapping[str, Policy]) -> tuple[Found, ...]:
    """What rules found, and what is on record already."""
    found = [
        _found(
            policies,
            one["pricing_version"],
            one["guideline"],
            one["case"],
            one["severity"],
            one["evidence"],
            one.get("revision"),
        )
        for one in case.findings
    ]
    held = [
        _found(
            policies,
            one.pricing_version,
            one.guideline,
            one.policy_case,
            one.severity,
            one.evidence,
            one.revision,
        )
        for one in strikes
    ]
    return tuple(sorted([*held, *found], key=lambda one: -one.severity))


def _found(
    policies: Mapping[str, Policy],
    version: str,
    guideline: str,
    case: str,
    severity: int,
    evidence: Mapping[str, Any] | None,
    revision: int | None,
) -> Found:
    policy = policies.get(version)
    return Found(
        guideline=guideline,
        case=case,
        severity=severity,
        confidence=evidence["confidence"] if evidence else None,
        rule=evidence["rule"] if evidence else "a person",
        reason=evidence["reason"] if evidence else "",
        revision=revision,
        guideline_text=policy.guideline(guideline) if policy else None,
        policy_case=policy.case(guideline, case) if policy else None,
        policy_version=version,
    )


async def _versions(
    request: Request, who: Operator, case: Case, strikes: Sequence[Strike]
) -> tuple[tuple[Version, ...], str]:
    """What the post said: as it was found or reported first, and as it is now as far as that is kept.

    And the capability that somebody lacks to see it.
    """
    if not who.may(CONTENTS):
        return (), CONTENTS
    if not case.subject.startswith(POST):
        return (), ""
    post = case.subject.removeprefix(POST)
    kept, lacking = await reads.snapshots(request, who, case.account, post, case.case_id)
    latest = {content.revision: content for content in kept if content.kind == "post"}
    shown = list(latest.values()) or kept
    if len(shown) > 2:
        shown = [shown[0], shown[-1]]
    evidence = [one["evidence"] | {"guideline": one["guideline"]} for one in case.findings]
    evidence += [one.evidence | {"guideline": one.guideline} for one in strikes if one.evidence]
    return tuple(_version(one, evidence, index, len(shown)) for index, one in enumerate(shown)), lacking


def _version(content: Content, evidence: Sequence[Mapping[str, Any]], index: int, count: int) -> Version:
    heading = "As found or reported" if index == 0 and count > 1 else "Now, as far as it was kept"
    mine = [one for one in evidence if one["content_ref"] == content.ref]
    return Version(
        content=content,
        heading="As found or reported, and unchanged since" if count == 1 else heading,
        title=tuple(runs(content.title or "", _marks(mine, "title"))),
        body=tuple(runs(content.text, _marks(mine, "body"))),
        links=tuple(tuple(runs(link)) for link in content.links),
    )


def _marks(evidence: Sequence[Mapping[str, Any]], field: str) -> list[Mark]:
    return [
        Mark(span["start"], span["end"], one["reason"], one["guideline"] in MASKED_GUIDELINES)
        for one in evidence
        for span in one["spans"]
        if span.get("field", "body") == field
    ]


def _told(one: ShownReport, texts: Mapping[str, Content], named: Mapping[str, Mapping[str, Any]]) -> Told:
    reason = texts.get(one.reason_ref or "")
    copy = texts.get(one.content_ref or "")
    record = named.get(one.reporter or "")
    return Told(
        one,
        tuple(runs(reason.text)) if reason else (),
        tuple(runs(copy.text)) if copy and copy.kind == "report_copy" else (),
        record,
    )


def _graphic(case: Case, findings: Sequence[Found], reports: Sequence[ShownReport]) -> bool:
    """Whether its text is to be asked for before it is shown."""
    return (
        case.case_kind in answers.KIND_NEEDS
        or any(one.case in GRAPHIC_CASES for one in findings)
        or any(one.reason in GRAPHIC_REASONS for one in reports)
    )
