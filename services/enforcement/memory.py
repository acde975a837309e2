"""What an account remembers of the last hours and days, for rules about what adds up; and the fold of it.

Keyed digests, ids and times, never a text. Nothing here waits for the clock: what is too old for every rule
is forgotten when something is added, and every collection has a limit besides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from events.ledger import (
    BadgeringRaised,
    CampaignLearned,
    ContactNoted,
    Evidence,
    HostilityNoted,
    HostilityReceived,
    PileOnRaised,
    PostForgotten,
    PostRemembered,
)
from events.signals import ContactBar, FingerprintSort
from services.enforcement.kept import Kept

POSTS_REMEMBERED_MAX: Final = 50
"""Posts by fingerprint; beyond that the oldest is forgotten."""
CAMPAIGNS_KNOWN_MAX: Final = 20
HOSTILE_POSTS_MAX: Final = 50
"""The account's own hostile posts."""
HOSTILITY_RECEIVED_MAX: Final = 50
"""Hostile posts of others at this account."""
BARRED_MAX: Final = 100
"""Accounts to which this one is not to write any more."""


class Remembered(Kept, frozen=True):
    """A post by its fingerprints, and what a strike for it would have to name."""

    post: str
    revision: int
    occurred_at: datetime
    received_at: datetime
    thread: str | None = None
    text: str | None = None
    domains: tuple[str, ...] = ()
    spreads: bool = False
    new_account: bool = False
    content_ref: str | None = None
    content_digest: str | None = None

    @property
    def fingerprints(self) -> tuple[tuple[FingerprintSort, str], ...]:
        """Those by which a campaign is to know the post."""
        text: tuple[tuple[FingerprintSort, str], ...] = ()
        if self.spreads and self.text is not None:
            text = (("text", self.text),)
        return (*text, *(("domain", domain) for domain in self.domains if self.new_account))

    def bears(self, fingerprint: str, sort: FingerprintSort) -> bool:
        """Whether a campaign knows the post by this fingerprint."""
        return (sort, fingerprint) in self.fingerprints


class Known(Kept, frozen=True):
    """A campaign that this account was told of, until when it counts."""

    fingerprint: str
    sort: FingerprintSort
    authors: int
    until: datetime


class Hostile(Kept, frozen=True):
    """A hostile post of this account. `raised`: the targets over whom it was put before a person."""

    post: str
    revision: int
    targets: tuple[str, ...]
    occurred_at: datetime
    received_at: datetime
    evidence: Evidence | None = None
    raised: tuple[str, ...] = ()


class Received(Kept, frozen=True):
    """A hostile post of another at this account. `raised`: it was put before a person already."""

    by: str
    post: str
    received_at: datetime
    thread: str | None = None
    raised: bool = False


class Barred(Kept, frozen=True):
    """Somebody who doesn't want to hear from this account, and since when."""

    by: str
    how: ContactBar
    since: datetime


class Memory(Kept, frozen=True):
    """All of it. Most accounts have none."""

    posts: tuple[Remembered, ...] = ()
    campaigns: tuple[Known, ...] = ()
    hostile: tuple[Hostile, ...] = ()
    received: tuple[Received, ...] = ()
    barred: tuple[Barred, ...] = ()


NOTHING: Final = Memory()


def post_remembered(memory: Memory, o: PostRemembered) -> Memory:
    """The latest revision of a post takes the place of an earlier one."""
    kept = [p for p in memory.posts if p.post != o.post and p.received_at >= o.forget_before]
    post = Remembered(
        o.post,
        o.revision,
        o.occurred_at,
        o.received_at,
        o.thread,
        o.text,
        o.domains,
        o.spreads,
        o.new_account,
        o.content_ref,
        o.content_digest,
    )
    return replace(memory, posts=(*kept, post)[-POSTS_REMEMBERED_MAX:])


def post_forgotten(memory: Memory, o: PostForgotten) -> Memory:
    """There is nothing to recognise any more."""
    return replace(memory, posts=tuple(p for p in memory.posts if p.post != o.post))


def campaign_learned(memory: Memory, o: CampaignLearned) -> Memory:
    """What was known of it gives way; so does what no longer counts."""
    kept = [k for k in memory.campaigns if k.fingerprint != o.fingerprint and k.until > o.effective_at]
    known = Known(o.fingerprint, o.sort, o.authors, o.until)
    return replace(memory, campaigns=(*kept, known)[-CAMPAIGNS_KNOWN_MAX:])


def hostility_noted(memory: Memory, o: HostilityNoted) -> Memory:
    """The latest revision of a post takes the place of an earlier one; one without targets leaves none."""
    before = next((h for h in memory.hostile if h.post == o.post), None)
    kept = [h for h in memory.hostile if h is not before and h.received_at >= o.forget_before]
    if o.targets:
        raised = () if before is None else before.raised
        post = Hostile(o.post, o.revision, o.targets, o.occurred_at, o.received_at, o.evidence, raised)
        kept.append(post)
    return replace(memory, hostile=tuple(kept)[-HOSTILE_POSTS_MAX:])


def hostility_received(memory: Memory, o: HostilityReceived) -> Memory:
    """Each post counts once."""
    kept = [
        r for r in memory.received if (r.by, r.post) != (o.by, o.post) and r.received_at >= o.forget_before
    ]
    if not o.taken_back:
        kept.append(Received(o.by, o.post, o.received_at, o.thread))
    return replace(memory, received=tuple(kept)[-HOSTILITY_RECEIVED_MAX:])


def badgering_raised(memory: Memory, o: BadgeringRaised) -> Memory:
    """These posts are before a person now."""
    hostile = tuple(
        replace(h, raised=(*h.raised, o.target)) if h.post in o.posts and o.target not in h.raised else h
        for h in memory.hostile
    )
    return replace(memory, hostile=hostile)


def pile_on_raised(memory: Memory, o: PileOnRaised) -> Memory:
    """What those accounts wrote so far is before a person now."""
    received = tuple(replace(r, raised=True) if r.by in o.authors else r for r in memory.received)
    return replace(memory, received=received)


def contact_noted(memory: Memory, o: ContactNoted) -> Memory:
    """The latest word counts; a block taken back leaves what was asked for otherwise."""
    kept = [b for b in memory.barred if (b.by, b.how) != (o.by, o.how)]
    if o.barred:
        kept.append(Barred(o.by, o.how, o.effective_at))
    return replace(memory, barred=tuple(kept)[-BARRED_MAX:])
