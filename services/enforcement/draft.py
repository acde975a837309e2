"""A decision in the making: outcomes are noted one after the other, and each is folded before the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from events.ids import derived_id
from events.ledger import (
    CaseFinding,
    CaseKind,
    CaseOpened,
    CaseUpdated,
    Detection,
    Evidence,
    Notice,
    Outcome,
    SanctionImposed,
)
from events.policy import Policy
from events.signals import Actor, Body, Finding, PostScreened, Signal
from services.enforcement.decider import Context, Decision, caused
from services.enforcement.evolve import evolve
from services.enforcement.evolve.cases import DELICATE
from services.enforcement.state import CASES_OPEN_MAX, AccountState, Case

CLOCK: Final = Actor("clock", "clock")
CASES_OF_THEIR_OWN: Final = frozenset({"termination", "failed", "referral"})
"""Kinds that are opened however many other cases there are: few of them can be open."""


class Draft:
    """The working copy of one decision about one account."""

    def __init__(self, state: AccountState, signal: Signal, context: Context) -> None:
        self.state = state
        self.signal = signal
        self.context = context
        self.outcomes: list[Outcome] = []
        self.signals: list[Signal] = []

    @property
    def now(self) -> datetime:
        """The partition's time."""
        return self.context.now

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.context.policy

    def note(self, outcome: Outcome) -> None:
        """Add an outcome, and fold it."""
        self.outcomes.append(outcome)
        self.state = evolve(self.state, outcome)

    def send(self, entity: str, kind: str, body: Body, occurred_at: datetime | None = None) -> None:
        """Add a signal to another entity, caused by this one."""
        ordinal, version = len(self.signals), self.policy.version
        self.signals.append(caused(self.signal, entity, kind, ordinal, body, version, occurred_at))

    def id(self, kind: str, ordinal: int = 0) -> str:
        """An id derived from this account, this signal and a kind."""
        return derived_id(self.state.entity, self.signal.id, kind, ordinal)

    def sanction_id(self, kind: str) -> str:
        """The id of a sanction that is imposed next; one signal may lead to several of a kind."""
        return self.id(kind, sum(type(outcome) is SanctionImposed for outcome in self.outcomes))

    def decision(self) -> Decision:
        """What it came to."""
        return Decision(tuple(self.outcomes), tuple(self.signals), self.state)

    def case_about(
        self, subject: str, kind: CaseKind, summary: str, *, urgent: bool = False
    ) -> tuple[Case, bool]:
        """The open case about a subject, opened now if there is none; and whether it is new.

        Beyond the limit of open cases, one case about the account takes up the rest.
        """
        found = find_case(self.state, subject)
        # Each appeal has a case of its own, however many others there are.
        count = len(self.state.cases) - len(self.state.appeals)
        if found is None and count >= CASES_OPEN_MAX and kind not in CASES_OF_THEIR_OWN:
            subject = self.state.entity
            found = find_case(self.state, subject)
        if found is not None:
            return found, False
        case_id = self.id(f"case:{subject}")
        self.note(CaseOpened(case_id, subject, kind, urgent, summary, self.now))
        return self.state.cases[-1], True

    def add_to_case(
        self,
        subject: str,
        kind: CaseKind,
        summary: str,
        *,
        urgent: bool = False,
        strike: str | None = None,
        finding: CaseFinding | None = None,
        failed_rules: tuple[str, ...] = (),
        failed_signal: Signal | None = None,
    ) -> str:
        """Fold something into the case about a subject, and return the case's id.

        It raises the version of a case that was open.
        """
        case, new = self.case_about(subject, kind, summary, urgent=urgent)
        self.note(
            CaseUpdated(
                case=case.id,
                version=case.version if new else case.version + 1,
                effective_at=self.now,
                strike=strike,
                finding=finding,
                failed_rules=failed_rules,
                failed_signal=failed_signal,
                escalated=True if urgent and not case.urgent else None,
                case_kind=graver_kind(case, kind),
            )
        )
        return case.id


def find_case(state: AccountState, subject: str) -> Case | None:
    """The open case about a subject."""
    return next((case for case in state.cases if case.subject == subject), None)


def graver_kind(case: Case, kind: CaseKind) -> CaseKind | None:
    """What a case becomes when something of this kind joins it; None: it stays what it is.

    What isn't for everybody is kept from them whichever came first.
    """
    return kind if _delicacy(kind) > _delicacy(case.kind) else None


def _delicacy(kind: CaseKind) -> int:
    return DELICATE.index(kind) + 1 if kind in DELICATE else 0


def evidence_of(finding: Finding, post: PostScreened, rules_digest: str) -> Evidence:
    """The evidence that a finding in a post gives. `rules_digest`: of the rules that found it."""
    return Evidence(
        finding.rule,
        finding.rule_version,
        rules_digest,
        finding.confidence,
        finding.spans,
        finding.term_class,
        finding.reason,
        post.content_ref,
        post.content_digest,
    )


def notice_of(
    draft: Draft,
    guideline: str,
    facts: str,
    detection: Detection,
    *,
    content_ref: str | None = None,
    content_at: datetime | None = None,
    pricing_version: str | None = None,
    reason_ref: str | None = None,
) -> Notice:
    """The facts of a notice, frozen now. `content_at`: when the content was written, if not just now."""
    return Notice(
        guideline,
        pricing_version or draft.policy.version,
        facts,
        content_ref,
        None if content_ref is None else content_at or draft.signal.occurred_at,
        detection,
        draft.policy.appeal_days,
        reason_ref,
    )


def worst(findings: Sequence[CaseFinding]) -> CaseFinding:
    """The most severe finding; the surer, then the earlier one among equals."""
    return max(findings, key=lambda f: (f.severity, f.evidence.confidence))
