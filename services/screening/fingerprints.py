"""Fingerprints: by what a post is recognised again, without being kept.

They are taken of posts that go on anyway because something was found in them, and of posts that link to a
domain that nobody links to for reference. That is all that a link alone costs: a post with neither is not
looked at here. The policy's reference hosts (documentation, code, news, and their like) never count; nor
does, for as long as it lasts, a domain to which many posts of this partition link, since what everybody links
to is no campaign, and would cost the most.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from events.memory_rules import REPEATED, limits_of
from events.policy import Policy
from events.signals import Fingerprints
from services.screening.digests import IdentityKey
from services.screening.post import Post
from services.screening.text.hosts import LinkFound, is_one_of, registrable
from services.screening.window import LETTERS_MIN, WINDOW_MS

DOMAINS_MAX: Final = 5
"""Domains of one post; further ones are left out, in order of the alphabet."""
DOMAINS_SEEN_MAX: Final = 20_000
"""Domains whose posts are counted in one partition; beyond, the one linked to longest ago is forgotten."""
POPULAR_POSTS_MAX: Final = 200
"""The most posts that a policy can ask to be counted for one domain."""
TARGETS_MAX: Final = 5
"""Accounts at whom a post is taken to be directed; who mentions more speaks to nobody in particular."""


class Popularity:
    """How many posts linked to each domain within the window: facts of the posts alone, as the window's."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[int]] = OrderedDict()

    def add(self, links: Sequence[LinkFound], at_ms: int) -> None:
        """A post with these links."""
        for domain in {registrable(link.host) for link in links}:
            times = self._seen.setdefault(domain, deque(maxlen=POPULAR_POSTS_MAX))
            times.append(at_ms)
            self._seen.move_to_end(domain)
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest][-1] >= at_ms - WINDOW_MS and len(self._seen) <= DOMAINS_SEEN_MAX:
                break
            del self._seen[oldest]

    def posts(self, domain: str, at_ms: int) -> int:
        """How many posts linked to the domain within the window before `at_ms`, at most the limit."""
        return sum(1 for at in self._seen.get(domain, ()) if at > at_ms - WINDOW_MS)


class Fingerprinter:
    """Takes fingerprints as a policy asks for it; of nothing where it doesn't have the rule."""

    def __init__(self, policy: Policy) -> None:
        limits = limits_of(policy, REPEATED)
        posts = policy.rules.get("no-spam.posts")
        hosts = () if posts is None else posts.lists.get("reference_hosts", ())
        self._references = frozenset(hosts)
        self._popular = None if limits is None else min(limits.values["popular_posts"], POPULAR_POSTS_MAX - 1)

    def bears(self, links: Sequence[LinkFound], popularity: Popularity, at_ms: int) -> tuple[str, ...]:
        """The domains that a post is remembered for, in order of the alphabet."""
        popular = self._popular
        if popular is None or not links:
            return ()
        foreign = {registrable(link.host) for link in links if not self._is_reference(link.host)}
        return tuple(domain for domain in sorted(foreign) if popularity.posts(domain, at_ms) <= popular)[
            :DOMAINS_MAX
        ]

    def take(
        self, text: str, links: Sequence[LinkFound], domains: Sequence[str], key: IdentityKey
    ) -> Fingerprints | None:
        """A post's fingerprints. `text` is folded, `domains` are those of `bears`.

        None where there is nothing to recognise it by.
        """
        if self._popular is None:
            return None
        letters = beside(text, links)
        whole = None
        if len(letters) >= LETTERS_MIN:
            linked = sorted({registrable(link.host) for link in links})
            whole = key.digest("text", "\n".join((letters, *linked)))
        if whole is None and not domains:
            return None
        return Fingerprints(whole, tuple(key.digest("domain", domain) for domain in domains))

    def _is_reference(self, host: str) -> bool:
        return is_one_of(host, self._references) or host.partition(".")[0] in self._references


def beside(text: str, links: Sequence[LinkFound]) -> str:
    """The letters of a text that stand beside its links."""
    rest: list[str] = []
    at = 0
    for link in links:
        rest.append(text[at : max(at, link.start)])
        at = max(at, link.end)
    rest.append(text[at:])
    return "".join(filter(str.isalpha, "".join(rest)))


def targets_of(author: str, post: Post) -> tuple[str, ...]:
    """At whom a post is directed: whom it answers, then whom it mentions, without the author."""
    mentioned = post.mentions if len(post.mentions) <= TARGETS_MAX else ()
    named = (post.reply_to, *mentioned) if post.reply_to is not None else mentioned
    return tuple(account for account in dict.fromkeys(named) if account and account != author)[:TARGETS_MAX]
