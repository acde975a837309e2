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
from events.signals import ContentAction, KeyKind, Mode

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

LATER_SECTIONS: Final = frozenset({"report_weights", "merits", "profile", "identity"})
"""Sections of the policy that older texts don't have; without them the defaults here hold."""

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


class ReportWeights(_Model):
    """What a reporter's word weighs, in thousandths: `base`, and what record and merits add or take away.

    `hide_*`: from so many persons, and so much weight of theirs together, a post is hidden until a person has
    looked. `misuse_*`: reports that a person found manifestly unfounded within so many days; from so many on,
    the reporter is muted.
    """

    new_account: int = Field(default=500, ge=0)
    merit: int = Field(default=50, ge=0)
    upheld: int = Field(default=100, ge=0)
    unfounded: int = Field(default=500, ge=0)
    bonus_max: int = Field(default=1_000, ge=0)
    hide_persons: int = Field(default=3, ge=3)
    hide_weight: int = Field(default=3_000, gt=0)
    hide_never: tuple[str, ...] = ("copyright", "self-harm")
    misuse_days: int = Field(default=365, gt=0)
    misuse_to_mute: int = Field(default=2, ge=2)
    mute_days: int = Field(default=30, gt=0)


class Merits(_Model):
    """How praise counts. `returned` is what is left, in thousandths, of praise that was given in return."""

    of_one_max: int = Field(default=3, gt=0)
    """So many merits of one account count towards what a report weighs."""
    returned: int = Field(default=250, ge=0, le=1_000)


ProfilePart = Literal["company", "title", "photo", "business_address"]


class ProfileRules(_Model):
    """What a profile must say `grace_days` after registration, and what it is encouraged to say."""

    grace_days: int = Field(default=14, gt=0)
    required: tuple[ProfilePart, ...] = ("company", "title", "business_address")
    encouraged: tuple[ProfilePart, ...] = ("photo",)
    free_domains: tuple[str, ...] = ()
    """Providers of free e-mail addresses, beside those that two packages list."""
    disposable_domains: tuple[str, ...] = ()
    business_domains: tuple[str, ...] = ()
    """Domains that are a company's, whatever the lists say."""


class KeyRules(_Model):
    """What one kind of key says. Keys of one `group` aren't independent: the heaviest counts.

    From more than `accounts_max` accounts on, a key says nothing. `bars`: a termination bars it.
    """

    weight: int = Field(ge=0)
    group: str
    accounts_max: int = Field(default=5, ge=2, le=15)
    bars: bool = True


def _key_rules() -> dict[KeyKind, KeyRules]:
    return {
        "email": KeyRules(weight=100, group="email", accounts_max=10),
        "verified": KeyRules(weight=100, group="verified", accounts_max=10),
        "phone": KeyRules(weight=80, group="phone"),
        "device": KeyRules(weight=60, group="household"),
        "payment": KeyRules(weight=40, group="household"),
        "address": KeyRules(weight=15, group="household", accounts_max=3),
        "name": KeyRules(weight=30, group="name", accounts_max=3, bars=False),
    }


class Identity(_Model):
    """When accounts are asked about as one person's.

    Two accounts with keys of at least `groups_min` groups in common are a possible link from a weight of
    `possible` on, a probable one from `probable` on. A key that an account wasn't seen with for `key_days`
    is forgotten. `reserved_names` are the community's own, and nobody else's.
    """

    keys: dict[KeyKind, KeyRules] = Field(default_factory=_key_rules)
    groups_min: int = Field(default=2, ge=2)
    possible: int = Field(default=60, gt=0)
    probable: int = Field(default=100, gt=0)
    key_days: int = Field(default=180, gt=0)
    refresh_days: int = Field(default=30, gt=0)
    name_letters_min: int = Field(default=6, ge=4)
    """A shorter name looks like others too easily."""
    reserved_names: tuple[str, ...] = ()
    reserved_titles: tuple[str, ...] = ()
    """Words that say whose a name is: one of them beside a reserved name is as good as the name."""


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
    report_weights: ReportWeights = ReportWeights()
    merits: Merits = Merits()
    profile: ProfileRules = ProfileRules()
    identity: Identity = Identity()
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
        """The canonical form: JSON of every field, keys sorted, no spaces, UTF-8.

        Sections that came later are left out where the policy doesn't have them, so that an older text keeps
        its version.
        """
        absent = {*LATER_SECTIONS} - self.model_fields_set
        return msgspec.json.encode(self.model_dump(mode="json", exclude=absent), order="deterministic")

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
