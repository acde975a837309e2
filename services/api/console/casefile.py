"""A case as a person needs to see it: what was said and found, by and about whom, and what policy says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec
from fastapi import Request

from events.capabilities import NEEDED_IN
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
from services.api.console.text import (
    GRAPHIC_CASES,
    GRAPHIC_REASONS,
    MASKED_GUIDELINES,
    Mark,
    Run,
    repeated,
    runs,
)
from services.keys import CONTENTS, REPORTERS, RESTRICTED, Operator
from services.runtime import reading
from services.runtime.reading import Case, Database, NotFound, Referral, Standing, Strike
from services.sentences import sentence

POST: Final = "post:"
TIMELINE_ROWS: Final = 8
BESIDE_ROWS: Final = 8
LINK_ENTRIES_MAX: Final = 20
REFERRALS_MAX: Final = 10
SECRET_CHARS_MIN: Final = 4
"""Anything shorter that is masked in one text may be a word of another."""
NO_SECRETS: Final[Mapping[str, str]] = MappingProxyType({})


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


class Referred(msgspec.Struct, frozen=True):
    """A referral to law enforcement, why it was proposed, and why it was settled so. `held`: kept texts."""

    referral: Referral
    held: int
    reason: tuple[Run, ...]
    settled: tuple[Run, ...]


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
    referrals: tuple[Referred, ...]
    timeline: tuple[timeline.Line, ...]
    beside: tuple[Any, ...]
    links: tuple[str, ...]

    @property
    def post(self) -> str | None:
        """The post that it is about; None for a case about the account."""
        return self.case.subject.removeprefix(POST) if self.case.subject.startswith(POST) else None

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
    await access.seen_cases(request, who, [access.of_case(case)])
    rows = await db.fetch(reading.SQL["strikes_named"], list(case.strikes))
    strikes = await answers.veiled(db, who, (Strike.of(row) for row in rows))
    findings = _findings(case, strikes, policies)
    history = await _history(db, who, case.account)
    await access.seen_entries(request, who, history)
    versions, lacking, secrets = await _versions(request, who, case, strikes)
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
        reports=tuple(_told(one, texts, named, secrets) for one in found.reports),
        people=await db.fetchval(SQL["people"], case_id),
        versions=versions,
        lacking=lacking,
        graphic=_graphic(case, findings, found.reports),
        notes=tuple(Noted(words_of(texts, ref, secrets)) for ref in case.notes if ref in texts),
        closing=words_of(texts, case.reason_ref, secrets),
        referrals=await _referrals(request, who, case, secrets),
        timeline=tuple(timeline.lines(history)),
        beside=await _beside(request, who, case),
        links=await linked(db, case.account),
    )


def words_of(
    texts: Mapping[str, Content], ref: str | None, secrets: Mapping[str, str] = NO_SECRETS
) -> tuple[Run, ...]:
    """A text by reference, in runs; empty where it isn't kept or may not be seen."""
    return () if ref is None or ref not in texts else _masked(texts[ref].text, secrets)


def _masked(text: str, secrets: Mapping[str, str]) -> tuple[Run, ...]:
    """A text in runs, without what is masked elsewhere."""
    return tuple(runs(text, repeated(text, secrets)))


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


async def _referrals(
    request: Request, who: Operator, case: Case, secrets: Mapping[str, str]
) -> tuple[Referred, ...]:
    """The referrals that the case answers or led to, for those who may see any."""
    if not who.may(RESTRICTED):
        return ()
    rows = await database(request).fetch(SQL["referrals_about"], case.case_id, REFERRALS_MAX)
    if not rows:
        return ()
    await access.seen(request, who.actor, RESTRICTED, account=case.account, case_id=case.case_id)
    refs = [ref for row in rows for ref in (row["reason_ref"], row["settled_reason_ref"])]
    texts = await reads.texts(request, who, case.account, refs, case.case_id)
    return tuple(
        Referred(
            Referral.of(row),
            row["held"],
            words_of(texts, row["reason_ref"], secrets),
            words_of(texts, row["settled_reason_ref"], secrets),
        )
        for row in rows
    )


async def _beside(request: Request, who: Operator, case: Case) -> tuple[Any, ...]:
    """Other cases of the account's that somebody may see."""
    rows = await database(request).fetch(SQL["open_cases_of"], case.account, BESIDE_ROWS + 1)
    shown = [row for row in rows if row["case_id"] != case.case_id]
    seen = tuple(row for row in shown if answers.may_see(who, row["case_kind"]))
    await access.seen_cases(request, who, map(access.of_row, seen))
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
) -> tuple[tuple[Version, ...], str, Mapping[str, str]]:
    """What the post said: as it was found or reported first, and as it is now as far as that is kept.

    And the capability that somebody lacks to see it; and what is to be masked wherever it stands.
    """
    if not who.may(CONTENTS):
        return (), CONTENTS, NO_SECRETS
    if not case.subject.startswith(POST):
        return (), "", NO_SECRETS
    post = case.subject.removeprefix(POST)
    kept, lacking = await reads.snapshots(request, who, case.account, post, case.case_id)
    latest = {content.revision: content for content in kept if content.kind == "post"}
    shown = list(latest.values()) or kept
    if len(shown) > 2:
        shown = [shown[0], shown[-1]]
    evidence = [one["evidence"] | {"guideline": one["guideline"]} for one in case.findings]
    evidence += [one.evidence | {"guideline": one.guideline} for one in strikes if one.evidence]
    secrets = _secrets(kept, evidence)
    versions = (_version(one, evidence, secrets, index, len(shown)) for index, one in enumerate(shown))
    return tuple(versions), lacking, secrets


def _secrets(kept: Sequence[Content], evidence: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """What was found that nobody is shown, and what it is: other texts may hold it too."""
    found: dict[str, str] = {}
    for content in kept:
        mine = [one for one in evidence if one["content_ref"] == content.ref]
        for field, text in (("title", content.title or ""), ("body", content.text)):
            for mark in _marks(mine, field):
                secret = text[mark.start : mark.end].strip()
                if mark.masked and len(secret) >= SECRET_CHARS_MIN:
                    found[secret] = mark.what
    return found


def _version(
    content: Content,
    evidence: Sequence[Mapping[str, Any]],
    secrets: Mapping[str, str],
    index: int,
    count: int,
) -> Version:
    heading = "As found or reported" if index == 0 and count > 1 else "Now, as far as it was kept"
    mine = [one for one in evidence if one["content_ref"] == content.ref]
    title = content.title or ""
    return Version(
        content=content,
        heading="As found or reported, and unchanged since" if count == 1 else heading,
        title=tuple(runs(title, [*_marks(mine, "title"), *repeated(title, secrets)])),
        body=tuple(runs(content.text, [*_marks(mine, "body"), *repeated(content.text, secrets)])),
        links=tuple(_masked(link, secrets) for link in content.links),
    )


def _marks(evidence: Sequence[Mapping[str, Any]], field: str) -> list[Mark]:
    return [
        Mark(span["start"], span["end"], one["reason"], one["guideline"] in MASKED_GUIDELINES)
        for one in evidence
        for span in one["spans"]
        if span.get("field", "body") == field
    ]


def _told(
    one: ShownReport,
    texts: Mapping[str, Content],
    named: Mapping[str, Mapping[str, Any]],
    secrets: Mapping[str, str],
) -> Told:
    copy = texts.get(one.content_ref or "")
    return Told(
        one,
        words_of(texts, one.reason_ref, secrets),
        _masked(copy.text, secrets) if copy and copy.kind == "report_copy" else (),
        named.get(one.reporter or ""),
    )


def _graphic(case: Case, findings: Sequence[Found], reports: Sequence[ShownReport]) -> bool:
    """Whether its text is to be asked for before it is shown."""
    return (
        case.case_kind in NEEDED_IN
        or any(one.case in GRAPHIC_CASES for one in findings)
        or any(one.reason in GRAPHIC_REASONS for one in reports)
    )
