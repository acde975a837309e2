"""What tests about longer spans have in common: many accounts in one world, under the shipped policy."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from msgspec.structs import replace

from events.ids import account_entity, digest
from events.ledger import Entry, FindingNoted, StrikeIssued
from events.policy import Policy
from events.signals import (
    Actor,
    ContactRefused,
    Finding,
    Fingerprints,
    PostScreened,
    Signal,
)
from tests.support.policies import community
from tests.support.signals import T0, account_signal, finding, post_signal, posted, signal
from tests.support.world import World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@cache
def policy() -> Policy:
    """The policy that ships."""
    return community()


def print_of(words: str) -> str:
    """A fingerprint as screening would make one."""
    return f"k1:{digest(words.encode())[:32]}"


def fingerprinted(
    account: str,
    post: str,
    at: datetime,
    text: str | None = None,
    domains: tuple[str, ...] = (),
    *,
    thread: str | None = None,
    revision: int = 1,
    findings: tuple[Finding, ...] = (),
) -> Signal:
    """A post that has these fingerprints; `text` and `domains` are the words that they are of."""
    change: Any = "created" if revision == 1 else "edited"
    body = posted(account, post, *findings, revision=revision, change=change)
    prints = None
    if text is not None or domains:
        whole = None if text is None else print_of(text)
        prints = Fingerprints(whole, tuple(print_of(domain) for domain in domains))
    return post_signal(account, replace(body, thread=thread, fingerprints=prints), at)


def insult(confidence: int = 97) -> Finding:
    """An insult, as the rule about single ones finds it."""
    mode = policy().case("no-bullying", "insult").mode_for(confidence)  # type: ignore[union-attr]  # it has one
    return finding("no-bullying", "insult", 1, mode=mode, confidence=confidence)


def hostile(
    account: str, post: str, at: datetime, *targets: str, revision: int = 1, found: Finding | None = None
) -> Signal:
    """A hostile post at these accounts; without `found`, one that a rule sends to review."""
    change: Any = "created" if revision == 1 else "edited"
    body = posted(account, post, found or insult(70), revision=revision, change=change)
    return post_signal(account, replace(body, targets=targets, thread="t1"), at)


def asked_to_stop(account: str, post: str, at: datetime, other: str) -> Signal:
    """A post in which an account asks another to stop."""
    body = posted(account, post, finding("no-bullying", "asked-to-stop", 0, mode="allowed"))
    return post_signal(account, replace(body, targets=(other,)), at)


def deleted(account: str, post: str, at: datetime) -> Signal:
    """The author takes a post back."""
    return post_signal(account, posted(account, post, change="deleted"), at)


def edited(account: str, post: str, at: datetime, revision: int = 2) -> Signal:
    """A revision in which nothing is found and that links nowhere."""
    body: PostScreened = posted(account, post, revision=revision, change="edited")
    return post_signal(account, body, at)


def blocks(account: str, other: str, at: datetime, *, refused: bool = True) -> Signal:
    """An account blocks another, or takes that back."""
    body = ContactRefused(account, other, refused)
    name = f"block:{account}:{other}:{refused}"
    return signal(account_entity(account), name, body, at, actor=Actor("account", account), topic="accounts")


def registered(account: str, at: datetime, kind: str = "person") -> Signal:
    """An account that registers."""
    return account_signal(account, at, kind=kind)


def world(*signals: Signal, at: datetime = T0) -> World:
    """A world in which these signals were applied, under the shipped policy."""
    made = World(policy())
    made.advance(at)
    for one in signals:
        made.send(one)
    return made


def strikes(made: World) -> list[tuple[str, str, str]]:
    """Account, post and case of every strike that was issued, in the alphabet's order."""
    return sorted(
        (entry.entity.partition(":")[2], o.post or "", o.case)
        for entry in made.view.entries
        for o in entry.outcomes
        if isinstance(o, StrikeIssued)
    )


def reviewed(made: World) -> list[tuple[str, str, str]]:
    """Account, post and case of every finding that went to a person, in the alphabet's order."""
    return sorted(
        (entry.entity.partition(":")[2], o.post, o.case)
        for entry in made.view.entries
        for o in entry.outcomes
        if isinstance(o, FindingNoted) and o.effect == "review"
    )


def emitted(entries: list[Entry]) -> int:
    """How many signals went from entity to entity."""
    return sum(len(entry.emitted) for entry in entries)
