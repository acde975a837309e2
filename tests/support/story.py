"""A story: what happens, step by step, and what must be so; told once, played without Kafka and through it.

Steps name things by what the story calls them: accounts and posts by their ids, strikes by their post,
sanctions and cases by their account. Whoever plays a story looks ids and versions up in a `View`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.support.view import View


@dataclass(frozen=True)
class Specimen:
    """Something to write, and what it is found to be."""

    text: str
    guideline: str
    case: str
    severity: int


@dataclass(frozen=True)
class StrikeOf:
    """The strike of a post."""

    post: str


@dataclass(frozen=True)
class SanctionOf:
    """The last sanction of an account, of this kind and origin."""

    account: str
    kind: str = "suspension"
    origin: str = ""


@dataclass(frozen=True)
class CaseOf:
    """The last case of an account of this kind."""

    account: str
    kind: str = ""


Target = StrikeOf | SanctionOf | CaseOf | None
"""None: the account itself."""


@dataclass(frozen=True)
class Clock:
    """It becomes this day (a part of a day is its fraction)."""

    day: float


@dataclass(frozen=True)
class Register:
    """The platform says what the account is."""

    account: str
    kind: Literal["person", "bot", "staff"] = "person"
    email: str = ""
    """Whose mailbox it gives; empty: it says nothing of that."""
    phone: str = ""
    """Whose telephone number it gives."""


@dataclass(frozen=True)
class Post:
    """Somebody writes, or edits, a post; what rules find in it is on record and not confirmed by anybody.

    `to`: the account that it answers. `says`: its words where nothing is found in it; `link`: a site that it
    links to.
    """

    account: str
    post: str
    specimens: tuple[Specimen, ...] = ()
    revision: int = 1
    to: str = ""
    says: str = ""
    link: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Block:
    """Somebody doesn't want to hear from somebody else."""

    account: str
    other: str


@dataclass(frozen=True)
class Delete:
    """The author deletes a post."""

    account: str
    post: str
    revision: int = 1


@dataclass(frozen=True)
class Report:
    """Somebody reports a post."""

    reporter: str
    report: str
    account: str
    post: str


@dataclass(frozen=True)
class Told:
    """The platform tells the account of a strike or sanction."""

    account: str
    about: StrikeOf | SanctionOf


@dataclass(frozen=True)
class Appeal:
    """An account, or the platform for it, appeals an outcome; it needn't be one of the account's own."""

    account: str
    about: StrikeOf | SanctionOf
    name: str
    by: Literal["account", "platform"] = "account"
    text: str = "It was a quotation, and not meant like that."


@dataclass(frozen=True)
class Decide:
    """A person decides.

    `version`: `seen` is the current one, a number is added to that, None leaves it out.
    """

    account: str
    decision: str
    target: Target = None
    by: str = "mod-ann"
    version: Literal["seen"] | int | None = "seen"
    post: str | None = None
    specimen: Specimen | None = None
    severity: int | None = None
    sanction_kind: str | None = None
    until_day: float | None = None
    name: str = ""
    other: str | None = None
    outcome: str | None = None
    strikes: tuple[StrikeOf, ...] = ()
    may: tuple[str, ...] | None = None
    """What the person may do of what a rule asks about; None: everything."""
    own: str = ""
    """Their own account in the community."""


@dataclass(frozen=True)
class Again:
    """What was sent in the story's last step, or in all of them, is sent once more."""

    everything: bool = False


@dataclass(frozen=True)
class Policy:
    """Another policy comes into force: the one that the stories know by this name."""

    name: str


@dataclass(frozen=True)
class Purge:
    """The account's rows are purged from the projection."""

    account: str


@dataclass(frozen=True)
class Shown:
    """Whether any table shows the account; each of its ledger entries is in the audit either way."""

    account: str
    rows: bool


@dataclass(frozen=True)
class Expect:
    """The standing's fields; `until_day`: when the suspension ends, `new_entries`: since the last step."""

    account: str
    active_points: int | None = None
    confirmed_points: int | None = None
    active_strikes: int | None = None
    warnings: int | None = None
    total_strikes: int | None = None
    rung: int | None = None
    suspended: bool | None = None
    until_day: float | None = None
    termination_proposed: bool | None = None
    terminated: bool | None = None
    hidden_posts: int | None = None
    open_cases: int | None = None
    new_entries: int | None = None


@dataclass(frozen=True)
class Claim:
    """Anything else that must be so."""

    words: str
    holds: Callable[[View], bool]


Step = (
    Clock
    | Register
    | Post
    | Block
    | Delete
    | Report
    | Told
    | Appeal
    | Decide
    | Again
    | Policy
    | Purge
    | Shown
    | Expect
    | Claim
)


@dataclass(frozen=True)
class Story:
    """One story. `number` is that of the scenario that it tells; a scenario can take several stories."""

    number: int
    name: str
    steps: tuple[Step, ...]
    policy: str = "default"
