"""What an account writes or links to again and again within a day, and what it tells campaigns of it.

At the author. Posts come with fingerprints where something was found in them or they link somewhere that
isn't for reference; they are remembered for a day. Bots repeat themselves for a living, so of them nothing is
remembered. A fingerprint is told to its campaign once, however often it is posted; of domains only those that
accounts of the last days link to.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from events.ids import campaign_entity
from events.ledger import PostForgotten, PostRemembered
from events.memory_rules import REPEATED, SURE, Limits, finding, limits_of
from events.policy import Policy
from events.signals import Finding, Fingerprints, FingerprintSighted, FingerprintSort, PostScreened
from services.enforcement.draft import Draft
from services.enforcement.memory import Memory, Remembered

BOT: Final = "bot"
SIGHTED: Final = "fingerprint_sighted"


def remember(draft: Draft, post: PostScreened, pricing: Policy) -> tuple[Finding, ...]:
    """Take up a revision of a post, and say what its fingerprints add up to with earlier ones."""
    limits = limits_of(pricing, REPEATED)
    prints = post.fingerprints
    if limits is None or draft.signal.imported or draft.state.account_kind == BOT:
        return ()
    earlier = next((p for p in _memory(draft).posts if p.post == post.post), None)
    if earlier is not None and earlier.revision >= post.revision:
        return ()
    if prints is None:
        forget(draft, post, pricing)
        return ()
    remembered = Remembered(
        post.post,
        post.revision,
        draft.signal.occurred_at,
        draft.signal.received_at,
        post.thread,
        prints.text,
        prints.domains,
        _spreads(post, prints, limits),
        is_new(draft, pricing),
        post.content_ref,
        post.content_digest,
    )
    _tell(draft, earlier, remembered, limits)
    _note(draft, remembered, limits)
    return _found(draft, remembered, pricing, limits)


def forget(draft: Draft, post: PostScreened, pricing: Policy) -> None:
    """The post was deleted, or says something else now: it counts no more, here and in its campaigns."""
    limits = limits_of(pricing, REPEATED)
    earlier = next((p for p in _memory(draft).posts if p.post == post.post), None)
    if earlier is not None and limits is not None:
        _tell(draft, earlier, None, limits)
        draft.note(PostForgotten(post.post, draft.now))


def is_new(draft: Draft, pricing: Policy) -> bool:
    """Whether the account had just registered; one that isn't known to have registered hasn't."""
    registered = draft.state.registered_at
    return registered is not None and draft.signal.occurred_at - registered < timedelta(
        days=pricing.new_account_days
    )


def campaign_finding(pricing: Policy, sort: FingerprintSort, authors: int) -> Finding | None:
    """What a campaign's word makes of a post that bears its fingerprint."""
    limits = limits_of(pricing, REPEATED)
    if limits is None:
        return None
    if sort == "text":
        reason = f"the same text by {authors} accounts within the hour"
        return finding(pricing, REPEATED, "campaign", SURE, reason)
    reason = f"links to one site by {authors} new accounts within a day"
    return finding(pricing, REPEATED, "campaign", limits.values["domain_confidence"], reason)


def _spreads(post: PostScreened, prints: Fingerprints, limits: Limits) -> bool:
    """Whether the post links, offers or contacts: otherwise many may well say the same."""
    spreading = limits.lists["spreading"]
    return bool(prints.domains) or any(
        f.guideline in spreading or f"{f.guideline}/{f.case}" in spreading for f in post.findings
    )


def _memory(draft: Draft) -> Memory:
    return draft.state.memory or Memory()


def _note(draft: Draft, post: Remembered, limits: Limits) -> None:
    hours = max(limits.values[name] for name in ("repeated_hours", "linked_hours", "campaign_hours"))
    draft.note(
        PostRemembered(
            post.post,
            post.revision,
            post.thread,
            post.text,
            post.domains,
            post.spreads,
            post.new_account,
            post.occurred_at,
            post.received_at,
            post.content_ref,
            post.content_digest,
            post.received_at - timedelta(hours=hours),
            draft.now,
        )
    )


# --- what it adds up to ------------------------------------------------------------------------------------


def _found(draft: Draft, post: Remembered, pricing: Policy, limits: Limits) -> tuple[Finding, ...]:
    found = (
        _campaign(draft, post, pricing),
        _repetition(draft, post, pricing, limits),
        _scattered(draft, post, pricing, limits),
    )
    return tuple(one for one in found if one is not None)


def _campaign(draft: Draft, post: Remembered, pricing: Policy) -> Finding | None:
    """Part of a campaign that this account was told of already."""
    for known in _memory(draft).campaigns:
        if known.until > post.received_at and post.bears(known.fingerprint, known.sort):
            return campaign_finding(pricing, known.sort, known.authors)
    return None


def _repetition(draft: Draft, post: Remembered, pricing: Policy, limits: Limits) -> Finding | None:
    if post.text is None:
        return None
    hours = limits.values["repeated_hours"]
    since = post.received_at - timedelta(hours=hours)
    count = sum(p.text == post.text and p.received_at > since for p in _memory(draft).posts)
    if count < limits.values["repeated_posts"]:
        return None
    return finding(pricing, REPEATED, "repetition", SURE, f"the same text {count} times within {hours} hours")


def _scattered(draft: Draft, post: Remembered, pricing: Policy, limits: Limits) -> Finding | None:
    """One domain in several threads: a person looks, unless the account is new: that is mass posting."""
    hours = limits.values["linked_hours"]
    since = post.received_at - timedelta(hours=hours)
    for domain in post.domains:
        threads = {
            p.thread or p.post for p in _memory(draft).posts if domain in p.domains and p.received_at > since
        }
        if len(threads) >= limits.values["linked_threads"]:
            reason = f"links to one site in {len(threads)} threads within {hours} hours"
            if is_new(draft, pricing):
                return finding(pricing, REPEATED, "mass-unsolicited", SURE, reason)
            confidence = limits.values["linked_confidence"]
            return finding(pricing, REPEATED, "link-or-bait", confidence, reason)
    return None


# --- campaigns ---------------------------------------------------------------------------------------------


def _tell(draft: Draft, earlier: Remembered | None, post: Remembered | None, limits: Limits) -> None:
    """What changed of the post's fingerprints, each to its campaign.

    Nothing of what another post of the account bears as well, or what was found to be a campaign already; but
    what is posted again later than several accounts would have to act is told again.
    """
    before = () if earlier is None else earlier.fingerprints
    after = () if post is None else post.fingerprints
    if earlier is not None:
        for sort, fingerprint in before:
            if (sort, fingerprint) not in after and not _is_told(draft, earlier, sort, fingerprint, None):
                _send(draft, earlier, sort, fingerprint, taken_back=True)
    if post is not None:
        within = timedelta(minutes=limits.values["campaign_minutes"])
        for sort, fingerprint in after:
            if (sort, fingerprint) not in before and not _is_told(draft, post, sort, fingerprint, within):
                _send(draft, post, sort, fingerprint, taken_back=False)


def _is_told(
    draft: Draft, post: Remembered, sort: FingerprintSort, fingerprint: str, within: timedelta | None
) -> bool:
    """Whether its campaign knows from another post of the account `within` so long, or has had its say."""
    memory = _memory(draft)
    since = None if within is None else post.received_at - within
    return any(
        p.post != post.post and p.bears(fingerprint, sort) and (since is None or p.received_at > since)
        for p in memory.posts
    ) or any(
        known.fingerprint == fingerprint and known.until > draft.signal.received_at
        for known in memory.campaigns
    )


def _send(
    draft: Draft, post: Remembered, sort: FingerprintSort, fingerprint: str, *, taken_back: bool
) -> None:
    body = FingerprintSighted(fingerprint, sort, draft.state.account, post.post, post.thread, taken_back)
    draft.send(campaign_entity(fingerprint), SIGHTED, body)
