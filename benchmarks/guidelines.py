"""What each guideline costs: processor time of screening a post, with its rules and without.

In this process, without Kafka, over the posts that screening is measured with. A guideline's cost is what
screening takes with its rules alone beyond what it takes with none; since all rules share one pass over the
text, all together cost less than their sum.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks.measure import Failed
from benchmarks.posts import Post, posts
from benchmarks.stack import Stack, community_policy
from benchmarks.worker import KEY
from events.policy import Policy
from services.runtime.records import Consumed
from services.runtime.stage import Output
from services.screening.guidelines import RULES
from services.screening.rule import Rule
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen

POSTS: Final = 12_000
BATCH_RECORDS: Final = 2_000
ROUNDS: Final = 5
"""Each is measured so often, in turn with the others, and the least counts: noise only ever adds."""
NONE: Final = "none"
ALL: Final = "all"


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """Microseconds a post: without rules, by guideline, and of all together."""
    del stack, seconds
    policy = community_policy()
    records = consumed(posts(seed, POSTS))
    chosen: dict[str, list[type[Rule]]] = {NONE: [], ALL: [*RULES]}
    for rule in RULES:
        chosen.setdefault(rule.contract.guideline, []).append(rule)
    best = _best(policy, chosen, records)
    bare = best.pop(NONE)
    return {
        "guidelines.none_us_per_post": round(bare, 2),
        **{
            f"guidelines.{name.replace('-', '_')}_us_per_post": round(us - bare, 2)
            for name, us in best.items()
        },
    }


def consumed(sent: Iterable[Post]) -> list[Any]:
    """The posts as records of one partition, one a millisecond."""
    now_ms = int(time.time() * 1000)
    return [
        Consumed(
            "posts", 0, number, now_ms + number, 1, post.key, post.value, len(post.key), len(post.value), ()
        )
        for number, post in enumerate(sent)
    ]


def _best(policy: Policy, chosen: dict[str, list[type[Rule]]], records: Sequence[Any]) -> dict[str, float]:
    rulebooks = {name: Rulebook(policy, rules) for name, rules in chosen.items()}
    best: dict[str, float] = dict.fromkeys(rulebooks, float("inf"))
    for _ in range(ROUNDS):
        for name, rulebook in rulebooks.items():
            best[name] = min(best[name], screened(rulebook, records)[0])
    return best


def screened(rulebook: Rulebook, records: Sequence[Any]) -> tuple[float, list[Output]]:
    """Microseconds of processor a post, and what a fresh screening sends on.

    Raises `Failed` when it refuses a post: that costs something else.
    """
    screen = Screen(KEY)
    screen.take_up(rulebook)
    outputs: list[Output] = []
    gc.collect()
    began = time.process_time()
    for start in range(0, len(records), BATCH_RECORDS):
        outputs += screen.screen_posts(records[start : start + BATCH_RECORDS])
    us = (time.process_time() - began) / len(records) * 1e6
    if refused := sum(output.topic == "dead_letters" for output in outputs):
        raise Failed(f"screening refused {refused} of {len(records)} posts")
    return us, outputs
