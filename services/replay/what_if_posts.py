"""What if other rules had screened the posts that are still kept? Each is held against both, side by side.

Nothing is written. Only findings are compared; what would follow from them for an account depends on what is
no longer kept, so nothing is said of strikes here. Each partition's posts come in their order, because floods
and repetitions are found in a window.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from events.intake import INPUT_ERRORS
from events.posts import PostCreated, PostEdited, parse_post_event
from events.signals import Finding
from services.replay.what_if import EXAMPLES_MAX, Tally, add_tallies
from services.screening.digests import IdentityKey
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen

ACCOUNTS_MAX: Final = 100_000
"""So many authors of posts that differ are told apart; beyond that `accounts` stays where it is."""
MS: Final = 1000


class PostExample(msgspec.Struct, frozen=True, gc=False):
    """One post in which something else would be found; each finding as `case (mode)`.

    `case_kinds` are those of the cases that would hold what was or would be found.
    """

    account: str
    post: str
    revision: int
    was: tuple[str, ...]
    would_be: tuple[str, ...]
    case_kinds: tuple[str, ...] = ()


class PostsAnswer(msgspec.Struct, gc=False):
    """What would have been found otherwise. `since`: the first post that is still kept."""

    posts: int = 0
    unreadable: int = 0
    since: datetime | None = None
    until: datetime | None = None
    differing: int = 0
    accounts: int = 0
    findings: dict[str, Tally] = msgspec.field(default_factory=dict)
    examples: list[PostExample] = msgspec.field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing would differ."""
        return self.differing == 0

    def add(self, other: PostsAnswer) -> None:
        """Add the answer about later posts. An author of both is counted twice, since authors aren't kept."""
        for name in ("posts", "unreadable", "differing", "accounts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.since = min((at for at in (self.since, other.since) if at is not None), default=None)
        self.until = max((at for at in (self.until, other.until) if at is not None), default=None)
        add_tallies(self.findings, other.findings)
        self.examples += other.examples


class PostsWhatIf:
    """Takes the records of `posts`, each partition's in order. `guideline` keeps to findings under it.

    Posts with findings for cases of the kinds `without` are counted, and never examples.
    """

    def __init__(
        self,
        rules: Rulebook,
        candidate: Rulebook,
        key: IdentityKey,
        *,
        guideline: str | None = None,
        examples: int = EXAMPLES_MAX,
        without: Collection[str] = (),
    ) -> None:
        self._without = frozenset(without)
        self._rulebooks = (rules, candidate)
        self._key = key
        self._guideline = guideline
        self._examples_max = examples
        self._screens: dict[int, tuple[Screen, Screen]] = {}
        self._accounts: set[str] = set()
        self.answer: Final = PostsAnswer()

    def take(self, partition: int, value: bytes | None, at_ms: int) -> None:
        """Hold one record against both; `at_ms` is when the broker got it. Bad input is counted."""
        answer = self.answer
        at = datetime.fromtimestamp(at_ms / MS, UTC)
        answer.since = at if answer.since is None else min(answer.since, at)
        answer.until = at if answer.until is None else max(answer.until, at)
        try:
            event = parse_post_event(value or b"")
        except INPUT_ERRORS:
            answer.unreadable += 1
            return
        if not isinstance(event, PostCreated | PostEdited):
            return
        answer.posts += 1
        was, would_be = (
            _found(screen.verdict(event, at_ms).findings, self._guideline) for screen in self._of(partition)
        )
        self._count(was, would_be)
        if was == would_be:
            return
        answer.differing += 1
        if len(self._accounts) < ACCOUNTS_MAX:
            self._accounts.add(event.subject)
        answer.accounts = len(self._accounts)
        kinds = self._kinds({*was, *would_be})
        if len(answer.examples) < self._examples_max and self._without.isdisjoint(kinds):
            data = event.data
            answer.examples.append(
                PostExample(event.subject, data.post, data.revision, _shown(was), _shown(would_be), kinds)
            )

    def leave(self, partition: int) -> None:
        """Forget a partition's window: no more of it comes."""
        self._screens.pop(partition, None)

    def _of(self, partition: int) -> tuple[Screen, Screen]:
        found = self._screens.get(partition)
        if found is None:
            found = self._screens[partition] = (Screen(self._key), Screen(self._key))
            for screen, rulebook in zip(found, self._rulebooks, strict=True):
                screen.take_up(rulebook)
        return found

    def _kinds(self, places: Collection[tuple[str, str]]) -> tuple[str, ...]:
        """The kinds of the cases that would hold findings of these guidelines and cases, by either policy."""
        policies = (rulebook.policy for rulebook in self._rulebooks)
        cases = (policy.case(*place) for policy in policies for place in places)
        return tuple(sorted({case.case_kind for case in cases if case is not None}))

    def _count(self, was: dict[tuple[str, str], str], would_be: dict[tuple[str, str], str]) -> None:
        for place in {*was, *would_be}:
            before, after = was.get(place), would_be.get(place)
            tally = self.answer.findings.setdefault(place[0], Tally())
            tally.was += before is not None
            tally.would_be += after is not None
            tally.new += before is None
            tally.gone += after is None
            tally.changed += before is not None and after is not None and before != after


def _found(findings: tuple[Finding, ...], guideline: str | None) -> dict[tuple[str, str], str]:
    """Guideline and case of each finding, and what may follow from it."""
    found: dict[tuple[str, str], str] = {}
    for finding in findings:
        if guideline is None or finding.guideline == guideline:
            found[finding.guideline, finding.case] = f"s{finding.severity}, {finding.mode}"
    return found


def _shown(found: dict[tuple[str, str], Any]) -> tuple[str, ...]:
    return tuple(f"{guideline}/{case} ({what})" for (guideline, case), what in sorted(found.items()))
