"""The policy: guidelines, cases, severities, ladder, rules and lists, as versioned data.

This is the shape of `policies/community.yaml` once it is read, and of a record in the `policies` topic. A
policy's version is the SHA-256 of its canonical form, so that whoever holds the text can check the name.
Reading YAML, with errors that name the line, is in `events/policy_text.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from events.ledger import Price
from events.signals import ContentAction, Mode

GUIDELINE_IDS: Final = (
    "identify-yourself",
    "power-user",
    "one-account",
    "keep-it-clean",
    "no-spam",
    "no-selling",
    "ownership",
    "privacy",
    "no-bullying",
    "no-hate",
)
SEVERITY_MAX: Final = 4
SEVERITY_PRICED_MAX: Final = 3
"""s4 has no points: it proposes termination, and counts as an s3 until a person has confirmed it."""

Percent = Annotated[int, Field(ge=0, le=100)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(_Model):
    """What a severity costs. `expiry_days` None: no expiry."""

    points: int = Field(ge=0)
    expiry_days: int | None = Field(default=None, gt=0)


class Rung(_Model):
    """From so many active points on: a suspension of so many hours; None: termination is proposed."""

    points: int = Field(gt=0)
    suspension_hours: int | None = Field(default=None, gt=0)


class Episode(_Model):
    """When acts belong together."""

    acts_to_raise: int = Field(default=5, ge=2)
    told_after_hours: int = Field(default=24, gt=0)


class Case(_Model):
    """One way of breaking a guideline, as the policy prices it.

    `mode` is what a rule's finding may at most do. `enforce_at` is the confidence from which it is enforced,
    `review_at` that from which it goes to review; below that it is recorded as shadow. `case_kind` is the
    kind of case that a review opens.
    """

    id: str
    title: str
    severity: int = Field(ge=0, le=SEVERITY_MAX)
    mode: Literal["enforce", "review", "shadow", "reminder", "report-only", "allowed", "legal-notice"]
    content: ContentAction = "none"
    enforce_at: Percent = 90
    review_at: Percent = 50
    warning_first: bool = True
    urgent: bool = False
    case_kind: Literal["finding", "welfare", "restricted", "campaign", "link"] = "finding"
    examples: tuple[str, ...] = ()

    def mode_for(self, confidence: int) -> Mode:
        """What a rule's finding of this case may do at a confidence (whole percentage)."""
        if self.mode == "enforce":
            return (
                "enforce"
                if confidence >= self.enforce_at
                else "review"
                if confidence >= self.review_at
                else "shadow"
            )
        if self.mode == "review":
            return "review" if confidence >= self.review_at else "shadow"
        return "reminder" if self.mode == "reminder" else "allowed" if self.mode == "allowed" else "shadow"


class Guideline(_Model):
    """One of the community's guidelines, with its text as it was published."""

    id: Literal[
        "identify-yourself",
        "power-user",
        "one-account",
        "keep-it-clean",
        "no-spam",
        "no-selling",
        "ownership",
        "privacy",
        "no-bullying",
        "no-hate",
    ]
    title: str
    text: str
    cases: tuple[Case, ...]


class RuleSettings(_Model):
    """One rule's parameters and lists, held against the rule's own contract when the policy is loaded."""

    enabled: bool = True
    mode: Literal["shadow"] | None = None
    """`shadow`: whatever the case says, record and count only."""
    params: dict[str, int | str | bool] = {}
    lists: dict[str, tuple[str, ...]] = {}


class Breaker(_Model):
    """When a rule that keeps raising is suspended: so many failures within so many events."""

    failures: int = Field(default=20, gt=0)
    events: int = Field(default=1_000, gt=0)


class Reports(_Model):
    """How reports are taken before reporters' records are weighed. Weights are in thousandths."""

    weight: int = Field(default=1_000, ge=0)
    flood_count: int = Field(default=20, gt=0)
    flood_hours: int = Field(default=1, gt=0)
    urgent_reasons: tuple[str, ...] = ("self-harm", "child-safety", "illegal-content")


class Policy(_Model):
    """The whole policy. Build it with `events.policy_text.read_policy` or from its canonical form."""

    schema_version: Literal[1] = 1
    name: str
    guidelines: tuple[Guideline, ...]
    severities: dict[Literal["s1", "s2", "s3", "s4"], Severity]
    ladder: tuple[Rung, ...]
    episode: Episode = Episode()
    automation_rung_max: int = Field(default=1, ge=0)
    """The highest rung that strikes without a person's confirmation can earn."""
    appeal_days: int = Field(default=180, gt=0)
    new_account_days: int = Field(default=7, gt=0)
    reports: Reports = Reports()
    breaker: Breaker = Breaker()
    rules: dict[str, RuleSettings] = {}

    @model_validator(mode="after")
    def _whole(self) -> Policy:
        ids = tuple(guideline.id for guideline in self.guidelines)
        if ids != GUIDELINE_IDS:
            raise ValueError(f"guidelines must be these ten, in this order: {', '.join(GUIDELINE_IDS)}")
        for guideline in self.guidelines:
            cases = [case.id for case in guideline.cases]
            if len(set(cases)) != len(cases):
                raise ValueError(f"guideline `{guideline.id}` names a case twice; give each case its own id")
        if set(self.severities) != {"s1", "s2", "s3", "s4"}:
            raise ValueError("severities must price s1, s2, s3 and s4")
        points = [self.severities[f"s{n}"].points for n in range(1, SEVERITY_PRICED_MAX + 1)]  # type: ignore[index]
        if points != sorted(points):
            raise ValueError("a higher severity may not cost fewer points")
        rungs = [rung.points for rung in self.ladder]
        if rungs != sorted(set(rungs)):
            raise ValueError("ladder rungs must rise in points")
        if any(rung.suspension_hours is None for rung in self.ladder[:-1]):
            raise ValueError(
                "only the last rung of the ladder may propose termination (no `suspension_hours`)"
            )
        return self

    @cached_property
    def canonical(self) -> bytes:
        """The canonical form: JSON of every field, keys sorted, no spaces, UTF-8."""
        return msgspec.json.encode(self.model_dump(mode="json"), order="deterministic")

    @cached_property
    def version(self) -> str:
        """SHA-256 of the canonical form, as 64 hexadecimal digits."""
        return sha256(self.canonical).hexdigest()

    @cached_property
    def _cases(self) -> dict[tuple[str, str], Case]:
        return {(g.id, case.id): case for g in self.guidelines for case in g.cases}

    @cached_property
    def _prices(self) -> tuple[Price, ...]:
        table = [Price(0, 0, None)]
        for n in range(1, SEVERITY_PRICED_MAX + 1):
            severity = self.severities[f"s{n}"]  # type: ignore[index]
            table.append(Price(n, severity.points, severity.expiry_days))
        table.append(Price(SEVERITY_MAX, table[-1].points, None))
        return tuple(table)

    @cached_property
    def _rungs(self) -> tuple[int, ...]:
        return tuple(rung.points for rung in self.ladder)

    def case(self, guideline: str, case: str) -> Case | None:
        """The case of a guideline; None where the policy has no such case."""
        return self._cases.get((guideline, case))

    def guideline(self, guideline: str) -> Guideline | None:
        """The guideline of that id."""
        return next((g for g in self.guidelines if g.id == guideline), None)

    def price(self, severity: int) -> Price:
        """What a severity costs. An s4 has the points of an s3, for the first rung, and no expiry."""
        return self._prices[severity]

    def raised(self, severity: int) -> Price:
        """The price of the next severity, at most s3."""
        return self._prices[min(severity + 1, SEVERITY_PRICED_MAX)]

    def rung(self, points: int) -> int:
        """How many rungs of the ladder these points reach: 0 is none."""
        return bisect_right(self._rungs, points)

    def suspension(self, rung: int) -> timedelta | None:
        """How long a rung (1 is the lowest) suspends; None where it proposes termination instead."""
        hours = self.ladder[rung - 1].suspension_hours
        return None if hours is None else timedelta(hours=hours)


def load_canonical(text: bytes) -> Policy:
    """A policy from its canonical form. Raises `pydantic.ValidationError`."""
    data: Any = msgspec.json.decode(text)
    return Policy.model_validate(data)
