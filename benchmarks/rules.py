"""Rules per second: this screening and the rules engine Osprey, with the same rules on the same posts.

A rule that both can express: the body holds one of five phrases, and the post answers somebody, or doesn't,
whichever the rule is about. One phrase of a rule is drawn from what the posts say, four are made up, as most
of a list is never written. Both read a post from its JSON and say which rules fired; ours besides holds it to
its contract, keeps the author's window and writes the signal of what was found. Neither uses Kafka. Time is
processor time of the one process; rules that fired are compared post by post before a figure counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from benchmarks.guidelines import consumed, screened
from benchmarks.measure import Failed
from benchmarks.posts import Post as Sent
from benchmarks.posts import posts
from benchmarks.stack import Stack, community_policy
from benchmarks.wording import DID, WHAT, WHO
from events.codec import decode_signal
from events.policy import Policy, RuleSettings
from events.signals import PostScreened
from services.runtime.settings import PROJECT
from services.runtime.stage import Output
from services.screening.post import Post
from services.screening.rule import Found, Hit, Rule, RuleContract, as_spans
from services.screening.rulebook import Rulebook
from services.screening.text.matching import Pattern, term_patterns
from services.screening.window import Window

SIZES: Final = (10, 50, 200)
"""How many rules there are."""
POSTS: Final = 3_000
ROUNDS: Final = 3
"""Both engines take turns so often, and the least counts: noise only ever adds."""
MADE_UP: Final = 4
CASE: Final = ("no-spam", "repetition")
"""Any guideline and case of the policy: a finding has to name one."""
SYLLABLES: Final = [first + then for first in "bdfgklmnprstvz" for then in "aeiou"]
NO_PEER: Final = "not measured: give --osprey-python and --osprey-source (docs/performance.md)"


class Wanted(NamedTuple):
    """One rule, as both engines are given it."""

    name: str
    phrases: tuple[str, ...]
    in_replies: bool


class PhraseRule:
    """What is the same in all of our rules."""

    contract: ClassVar[RuleContract]
    in_replies: ClassVar[bool]

    def __init__(self, settings: RuleSettings) -> None:
        self._patterns = term_patterns("phrases", settings.lists["phrases"])

    def patterns(self) -> Sequence[Pattern]:
        """The phrases."""
        return self._patterns

    def find(self, post: Post, hits: Sequence[Hit], window: Window) -> list[Found]:
        """One finding, with the places."""
        del window
        if (post.reply_to is not None) is not self.in_replies:
            return []
        spans = [match.span for hit in hits for match in post.matches(hit.pattern, hit.reading)]
        return [Found(CASE[1], 95, as_spans(spans), "listed", "holds a phrase of the list")]


async def measure(
    stack: Stack, seconds: float, seed: int, *, python: str = "", source: str = ""
) -> dict[str, Any]:
    """Processor time a post, posts and rules a second of it, and how many times as many ours takes."""
    del stack, seconds
    rules, sent = wanted(seed, max(SIZES)), [*half_of_them_replies(posts(seed, POSTS))]
    if not (python and source):
        return _figures("ours", _alternate(rules, sent, None)[0]) | {"rules.osprey": NO_PEER}
    with _osprey(python, source, rules, sent) as peer:
        ours, theirs = _alternate(rules, sent, peer)
    ratios = {f"rules.vs_osprey_{size}": round(theirs[size] / ours[size], 1) for size in SIZES}
    return _figures("ours", ours) | _figures("osprey", theirs) | ratios


def wanted(seed: int, number: int) -> list[Wanted]:
    """So many rules, every other about replies."""
    random = Random(seed)
    said = random.sample([f"{who} {did} {what}" for who in WHO for did in DID for what in WHAT], number)
    return [
        Wanted(f"Phrases{count}", (phrase, *(_made_up(random) for _ in range(MADE_UP))), count % 2 == 0)
        for count, phrase in enumerate(said)
    ]


def _made_up(random: Random) -> str:
    return " ".join("".join(random.choices(SYLLABLES, k=3)) for _ in range(2))


def half_of_them_replies(sent: Iterator[Sent]) -> Iterator[Sent]:
    """The posts, every other as an answer to somebody."""
    for count, post in enumerate(sent):
        reply = f',"reply_to":{{"post":"post-{count}","account":"member-{count}"}}}}}}'.encode()
        yield post._replace(value=post.value[:-2] + reply) if count % 2 else post


def rulebook(policy: Policy, rules: Sequence[Wanted]) -> Rulebook:
    """Our screening's rules: these, and no others."""
    settings = {rule.name: RuleSettings(lists={"phrases": rule.phrases}) for rule in rules}
    return Rulebook(policy.model_copy(update={"rules": settings}), [*map(_as_class, rules)])


def _as_class(rule: Wanted) -> type[Rule]:
    contract = RuleContract(rule.name, 1, CASE[0], CASE[1:], lists={"phrases": "phrases"})
    return type(rule.name, (PhraseRule,), {"contract": contract, "in_replies": rule.in_replies})


def fired(outputs: Sequence[Output]) -> dict[str, set[str]]:
    """The names of the rules that found something, by the post's id."""
    bodies = [decode_signal(each.value).body for each in outputs if each.topic == "signals" and each.value]
    return {
        body.post: {finding.rule for finding in body.findings}
        for body in bodies
        if isinstance(body, PostScreened)
    }


def _alternate(
    rules: Sequence[Wanted], sent: Sequence[Sent], peer: subprocess.Popen[bytes] | None
) -> tuple[dict[int, float], dict[int, float]]:
    """The least microseconds a post, ours and the peer's, by the number of rules."""
    policy, records = community_policy(), consumed(sent)
    rulebooks = {size: rulebook(policy, rules[:size]) for size in SIZES}
    ours, theirs = (dict.fromkeys(SIZES, float("inf")) for _ in range(2))
    for _ in range(ROUNDS):
        for size in SIZES:
            us, outputs = screened(rulebooks[size], records)
            ours[size] = min(ours[size], us)
            if peer is not None:
                us, names = _ask(peer, size)
                theirs[size] = min(theirs[size], us)
                _check(sent, fired(outputs), names)
    return ours, theirs


def _check(sent: Sequence[Sent], ours: dict[str, set[str]], theirs: Sequence[Sequence[str]]) -> None:
    for post, names in zip(sent, theirs, strict=True):
        found = ours.get(f"post-{post.event}", set())
        if found != {*names}:
            raise Failed(
                f"osprey: {names} fired for {post.value!r}, ours {sorted(found)}: its figures don't count"
            )
    if not any(theirs):
        raise Failed("osprey: no rule fired for any post, so nothing was compared; take another seed")


def _figures(name: str, us_per_post: dict[int, float]) -> dict[str, Any]:
    return {
        f"rules.{name}_{size}_{what}": value
        for size, us in us_per_post.items()
        for what, value in (
            ("us_per_post", round(us, 2)),
            ("posts_per_s", round(1e6 / us)),
            ("rules_per_s", round(1e6 / us * size)),
        )
    }


@contextmanager
def _osprey(
    python: str, source: str, rules: Sequence[Wanted], sent: Sequence[Sent]
) -> Iterator[subprocess.Popen[bytes]]:
    """The peer, ready to be asked."""
    paths = [str(Path(source).resolve() / part / "src") for part in ("osprey_worker", "osprey_rpc")]
    with tempfile.TemporaryDirectory(prefix="goodstanding-bench-") as folder:
        (Path(folder) / "rules.json").write_bytes(msgspec.json.encode(rules))
        (Path(folder) / "posts.jsonl").write_bytes(b"".join(post.value + b"\n" for post in sent))
        with subprocess.Popen(
            [python, "-m", "benchmarks.osprey_peer", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        ) as process:
            yield process


def _ask(peer: subprocess.Popen[bytes], size: int) -> tuple[float, list[list[str]]]:
    if peer.stdin is None or peer.stdout is None:
        raise Failed("osprey: its process has no pipes")
    peer.stdin.write(b"%d\n" % size)
    peer.stdin.flush()
    line = peer.stdout.readline()
    if not line:
        raise Failed("osprey: its process ended; what it said stands above")
    us, names = json.loads(line)
    return us, names
