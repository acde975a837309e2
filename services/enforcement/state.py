"""The state of an account: what enforcement must remember to decide, and no more.

Frozen values; only `evolve` makes new ones. Everything is bounded: what no longer matters is pruned when
something is added, and every collection has a limit. The changelog holds this as MessagePack with a schema
version, and it can be rebuilt from the ledger.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from events.ledger import (
    CaseFinding,
    CaseKind,
    LiftReason,
    LinkStrength,
    Price,
    SanctionKind,
    SanctionOrigin,
    StrikeStatus,
)
from events.signals import AccountKind, Actor, ContentAction, Key, KeyKind, ProfileSaid, Signal
from services.enforcement.kept import Kept
from services.enforcement.memory import Memory
from services.enforcement.seen import Seen

STATE_SCHEMA: Final = 1
ACTS_MAX: Final = 200
"""Acts on an account's record. Beyond that, those that no longer count make room; where all count, a finding
is folded unless it is worse than any of them."""
EPISODE_ACTS_MAX: Final = 50
"""Acts that one episode lists: it was raised long ago, so only a worse one is still listed."""
EPISODES_MAX: Final = 50
"""Episodes that are kept though none of their acts is on the record any more."""
CASES_OPEN_MAX: Final = 100
"""Open cases of an account; further subjects are folded into one case about the account."""
CASE_STRIKES_MAX: Final = 100
CASE_FINDINGS_MAX: Final = 20
"""Findings that a case holds; beyond that the mildest goes."""
CASE_REPORTS_MAX: Final = 200
"""Reports that a case holds; further ones are recorded and answered at once."""
CASE_FAILED_SIGNALS_MAX: Final = 20
"""Signals that failed and are held to be decided again; further ones are kept in the ledger only."""
CASES_CLOSED_MAX: Final = 50
REPORTS_RECENT_MAX: Final = 100
"""Reports that a reporter's account remembers, to know second ones and floods."""
POSTS_CLEARED_MAX: Final = 200
POSTS_DELETED_MAX: Final = 200
POSTS_HIDDEN_MAX: Final = 500
"""Hidden posts that can be restored from here; beyond that the oldest stays hidden, and a case says so."""
SANCTIONS_MAX: Final = 100
"""Sanctions in force beside hidden posts; a person is refused a further one."""
SANCTIONS_ENDED_MAX: Final = 100
"""Sanctions that are over, and may still be told of, answered by the platform or appealed."""
APPEALS_OPEN_MAX: Final = 100
"""Appeals of an account that await an answer; a further one is refused until one of them is answered."""
JUDGES_MAX: Final = 20
"""Persons who are remembered for what they had to do with one outcome; beyond that, the latest."""
REPORTS_ANSWERED_MAX: Final = 200
"""Reports about an account whose answer is remembered, in case it turns out to be wrong."""
APPEAL_DAYS: Final = 180
"""What is left out of the state where the policy says just that."""
GIVERS_MAX: Final = 50
"""Accounts whose praise is remembered by who gave it; beyond that, of those that got none in return, the
oldest goes."""
GIVEN_MAX: Final = 100
"""Accounts that this one praised lately."""
KEYS_OF_KIND_MAX: Final = 6
"""Keys of one kind that an account is known by; the one not seen for longest makes room."""
PAIRS_MAX: Final = 50
"""Accounts with which this one has keys in common."""
PAIR_KEYS_MAX: Final = 10
BARS_MET_MAX: Final = 10
NAMES_MET_MAX: Final = 20
CARRIED_MAX: Final = 50
"""Strikes that a merge takes along; with more, it is refused."""
REFERRALS_OPEN_MAX: Final = 20
"""Referrals that await a second person; a further one is refused."""
LINKS_MAX: Final = 10
"""Accounts that a person found to be the same person's; a further one is refused."""
APART_MAX: Final = 50
"""Accounts that a person found not to be the same person's; the oldest is forgotten."""
MISUSES_MAX: Final = 10


class Priced(Kept, frozen=True):
    """What an act cost from `at` on, and since when a person stands behind just that.

    A worse revision adds one; a person's correction replaces them all. `policy` is the one in force when it
    was decided, `confirmed_policy` when it was confirmed: their ladders were climbed. `entry` and
    `confirmed_entry` are the account's ledger entries of that, since many may have the same time.
    """

    at: datetime
    severity: int
    price: Price
    raised: Price
    policy: str
    entry: int = 0
    confirmed_at: datetime | None = None
    confirmed_policy: str | None = None
    confirmed_entry: int = 0

    def confirmed(self, at: datetime) -> bool:
        """Whether a person had confirmed it by then."""
        return self.confirmed_at is not None and self.confirmed_at <= at


class Act(Kept, frozen=True):
    """An act on the record, with its strike (or the warning that it counts as).

    `acts_to_raise` is how many acts raise its episode. `warned_by` is the signal that
    led to the sanction `warning` that went with it, if one did. `imported`: it was brought over from
    elsewhere, and issued when it happened. `judges` are the persons who issued, confirmed or changed it.

    It can be appealed for `appeal_days` from when the account was told of it, which is until `appeal_until`
    (exclusive) once it was; `worse_since`: when it was last made worse, so that it is to be told of again.
    `appeal` is the one that was filed about it. `case_kinds` are those of its cases, answered since, that not
    everybody may answer.
    """

    strike: str
    act: str
    guideline: str
    case: str
    prices: tuple[Priced, ...]
    counts_as: Literal["strike", "warning"]
    warning_first: bool
    episode: str
    occurred_at: datetime
    issued_at: datetime
    acts_to_raise: int = 5
    status: StrikeStatus = "active"
    post: str | None = None
    revision: int = 0
    confirmed_by: str | None = None
    expired: bool = False
    by_person: bool = False
    imported: bool = False
    warned_by: str | None = None
    version: int = 1
    targets: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    appeal_days: int = APPEAL_DAYS
    appeal_until: datetime | None = None
    worse_since: datetime | None = None
    appeal: str | None = None
    case_kinds: tuple[str, ...] = ()

    @property
    def severity(self) -> int:
        """Its severity now, 1 to 4."""
        return self.prices[-1].severity

    @property
    def confirmed_at(self) -> datetime | None:
        """When a person confirmed it as it is now; None: a rule issued it, or made it worse since."""
        return self.prices[-1].confirmed_at

    @property
    def survives(self) -> bool:
        """Whether it still stands: neither overturned, waived nor withdrawn. Expired ones do."""
        return self.status == "active"

    @property
    def expires_at(self) -> datetime | None:
        """When its own points run out; None: never."""
        days = self.prices[-1].price.days
        return None if days is None else self.issued_at + timedelta(days=days)


class Episode(Kept, frozen=True):
    """Acts from before the account was told of the first.

    `told_by`: when it counts as told without an answer from the platform. `lapsed_at`: when a raised price of
    it last ran out.
    """

    id: str
    opened_at: datetime
    told_by: datetime
    noticed_at: datetime | None = None
    acts: int = 0
    acts_to_raise: int = 5
    lapsed_at: datetime | None = None

    @property
    def told_at(self) -> datetime:
        """When the account was, or counts as, told of the episode's first act."""
        return self.told_by if self.noticed_at is None else min(self.noticed_at, self.told_by)


class Sanction(Kept, frozen=True):
    """A sanction in force.

    `earned_until`: the end that the ladder gave it, whatever a person made of that. `apart`: content that is
    away for a reason of its own, so that no strike that falls and no case that is dismissed brings it back.
    `judges` are the persons who imposed or changed it, and what concerns appeals is as for an act.
    """

    id: str
    kind: SanctionKind
    origin: SanctionOrigin
    starts_at: datetime
    ends_at: datetime | None
    decision: str
    rung: int = 0
    strikes: tuple[str, ...] = ()
    content_action: ContentAction = "none"
    post: str | None = None
    apart: bool = False
    earned_until: datetime | None = None
    version: int = 1
    judges: tuple[str, ...] = ()
    appeal_days: int = APPEAL_DAYS
    appeal_until: datetime | None = None
    worse_since: datetime | None = None
    appeal: str | None = None


class EndedSanction(Kept, frozen=True):
    """What is remembered of a sanction that is over, for as long as it may still be answered or appealed.

    `was` is the sanction itself (without its strikes, which are here), `because` says how it ended; None: it
    was told once and is over.
    """

    id: str
    strikes: tuple[str, ...]
    was: Sanction | None = None
    because: LiftReason | None = None

    @property
    def is_warning(self) -> bool:
        """Whether it was a warning."""
        return self.was is not None and self.was.kind == "warning"


class CaseReport(Kept, frozen=True, omit_defaults=False):
    """A report as a case holds it. `refs` are where its words, and its copy of the content, are kept."""

    report: str
    reporter: str
    by_email: bool
    revision: int | None = None
    weight: int = 0
    linked: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


class Case(Kept, frozen=True):
    """An open question for a person."""

    id: str
    subject: str
    kind: CaseKind
    opened_at: datetime
    version: int = 1
    urgent: bool = False
    strikes: tuple[str, ...] = ()
    findings: tuple[CaseFinding, ...] = ()
    reports: tuple[CaseReport, ...] = ()
    failed_signals: tuple[Signal, ...] = ()


class ClosedCase(Kept, frozen=True):
    """What is remembered of an answered case, so that a late decision is told why it has no effect."""

    id: str
    version: int


class AnsweredReport(Kept, frozen=True):
    """A report that was answered with its case, about `subject`; `outcome` is what its reporter was told."""

    subject: str
    report: str
    reporter: str
    outcome: str
    linked: tuple[str, ...] = ()


class Appeal(Kept, frozen=True):
    """An appeal that awaits an answer; its id is that of its case.

    `strikes` are those that the outcome rested on when it was filed, `subjects` what they are about, and
    `judges` the persons who had issued, confirmed or changed any of it.
    """

    id: str
    filed_as: str
    about: str
    strikes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()


class Proposal(Kept, frozen=True, omit_defaults=False):
    """A termination that awaits a second person, or that one has confirmed."""

    id: str
    proposer: Actor
    because: str
    at: datetime
    confirmed: bool = False


class Referral(Kept, frozen=True):
    """A referral to law enforcement that awaits a second person, in `case`. `about`: where it came from.

    `review_by`: when it becomes urgent, for one that was made in an emergency.
    """

    id: str
    case: str
    about: str
    proposer: Actor
    emergency: bool = False
    review_by: datetime | None = None


class MergedInto(Kept, frozen=True):
    """Where a record goes on, and which strikes went along, by their ids here."""

    account: str
    strikes: tuple[str, ...] = ()


class FiledReport(Kept, frozen=True):
    """A report that this account filed and that went on. `open`: it is neither answered nor taken back."""

    report: str
    subject_account: str
    post: str | None
    revision: int | None
    at: datetime
    open: bool = True


class Giver(Kept, frozen=True):
    """Who praised this account, and how often."""

    account: str
    merits: int


class HeldKey(Kept, frozen=True):
    """A key that the account was seen with, and when its identity was last told so."""

    kind: KeyKind
    digest: str
    at: datetime
    form: str = ""

    @property
    def key(self) -> Key:
        """The key itself."""
        return Key(self.kind, self.digest, self.form)


class Pair(Kept, frozen=True):
    """What this account has in common with a larger one, as (kind, digest).

    `asked`: how strong the link was when a person was asked about it.
    """

    other: str
    keys: tuple[tuple[KeyKind, str], ...] = ()
    asked: LinkStrength = "none"


class MetBar(Kept, frozen=True):
    """A termination whose keys this account has, as (kind, digest).

    `asked` and `held`: whether a person was asked about it, and whether the account's posts were held.
    """

    bar: str
    other: str
    keys: tuple[tuple[KeyKind, str], ...] = ()
    asked: bool = False
    held: bool = False


class Cleared(Kept, frozen=True):
    """A post's revision that a person cleared."""

    post: str
    revision: int


class AccountState(Kept, frozen=True):
    """Everything about one account. `version` is the standing's; `sequence` that of its last ledger entry."""

    entity: str
    schema: int = STATE_SCHEMA
    sequence: int = 0
    version: int = 0
    account_kind: AccountKind | None = None
    registered_at: datetime | None = None
    closed: bool = False
    own_domains: tuple[str, ...] = ()
    own_emails: tuple[str, ...] = ()
    own_phones: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    past_s1: tuple[str, ...] = ()
    """Guidelines under which an act that was pruned was an s1, so that the next one is no first."""
    past_act_at: datetime | None = None
    total_strikes: int = 0
    episodes: tuple[Episode, ...] = ()
    sanctions: tuple[Sanction, ...] = ()
    ended: tuple[EndedSanction, ...] = ()
    cases: tuple[Case, ...] = ()
    closed_cases: tuple[ClosedCase, ...] = ()
    proposal: Proposal | None = None
    merits: int = 0
    reporter_muted: bool = False
    """Muted as it was before that became a sanction."""
    reporter_muted_until: datetime | None = None
    filed: tuple[FiledReport, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    deleted: tuple[str, ...] = ()
    """Posts that were looked at here and that their author deleted: there is nothing to hide or restore."""
    stuck: str | None = None
    """The case of a fault in deciding what was due: until it is answered, the clock keeps off the account."""
    seen: tuple[Seen, ...] = ()
    profile: ProfileSaid | None = None
    """What the profile says; None: nothing was said of it yet."""
    profile_missing: tuple[str, ...] = ()
    profile_due_at: datetime | None = None
    """When the account is to be reminded of what is missing."""
    givers: tuple[Giver, ...] = ()
    given: tuple[str, ...] = ()
    """Accounts that this one praised."""
    reports_upheld: int = 0
    misuses: tuple[datetime, ...] = ()
    """When reports of this account were found manifestly unfounded."""
    keys: tuple[HeldKey, ...] = ()
    pairs: tuple[Pair, ...] = ()
    bars: tuple[MetBar, ...] = ()
    names_met: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Accounts that a person found to be the same person's."""
    apart: tuple[str, ...] = ()
    """Accounts that a person found not to be the same person's."""
    referrals: tuple[Referral, ...] = ()
    """Those that no second person has answered yet."""
    merged_into: MergedInto | None = None
    """The account at which this one's record goes on."""
    merged_from: tuple[str, ...] = ()
    """Accounts whose record goes on here."""
    memory: Memory | None = None
    """What rules about longer spans remember; None, as of most accounts: nothing."""
    appeals: tuple[Appeal, ...] = ()
    """Those that await an answer."""
    answered: tuple[AnsweredReport, ...] = ()
    """Reports about this account that were answered."""
    returned_from: tuple[str, ...] = ()
    """Accounts from which this one's record was taken back: it is on record there as withdrawn."""

    @property
    def account(self) -> str:
        """The account's id."""
        return self.entity.partition(":")[2]

    @property
    def muted(self) -> bool:
        """Whether the account's reports are ignored."""
        return self.reporter_muted or any(s.kind == "report_restriction" for s in self.sanctions)


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(AccountState)


def encode_state(state: msgspec.Struct) -> bytes:
    """The changelog's bytes of a state."""
    return _encoder.encode(state)


def decode_state(data: bytes) -> AccountState:
    """A state from the changelog. Raises `ValueError` for a schema that this build doesn't know."""
    state = _decoder.decode(data)
    check_schema(state.schema, STATE_SCHEMA)
    return state


def check_schema(found: int, expected: int) -> None:
    """Raise `ValueError` for a state, of any kind of entity, that another build has written."""
    if found != expected:
        raise ValueError(f"state of schema {found}, expected {expected}")
