"""Guideline 5, no spam: the same author writes to many people directly, none of whom asked.

Only to how many people, within minutes, and apart from one another: what a message says is not read, an
answer doesn't count, and a group's conversation is one. A new account that sends links so is the case that
the policy names; where no links are, a person looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from events.policy import RuleSettings
from events.signals import Condition
from services.screening.post import Post
from services.screening.rule import MESSAGED, Found, Hit, RuleContract, number, params
from services.screening.text.matching import Pattern
from services.screening.window import Window

SURE: Final = 95
DOUBTFUL: Final = 60


class MassMessages:
    """Looks at what the window shows of the author."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-spam.messages",
        version=1,
        guideline="no-spam",
        cases=("flood", "mass-unsolicited", "several-threads"),
        params={"people": 15, "people_new": 5},
    )

    def __init__(self, settings: RuleSettings) -> None:
        values = params(self.contract, settings)
        self._people = number(values, "people")
        self._people_new = number(values, "people_new")

    def patterns(self) -> Sequence[Pattern]:
        """What the window shows."""
        return (MESSAGED,)

    def find(self, post: Post, _hits: Sequence[Hit], window: Window) -> list[Found]:
        """At most one finding; for a new account the graver one."""
        people = window.messaged(post.author, post.at_ms)
        reason = f"messages to {people} people within minutes"
        if people < min(self._people, self._people_new):
            return []
        case = "flood" if people >= self._people else "several-threads"
        new = Condition("new_account", "", "mass-unsolicited") if people >= self._people_new else None
        confidence = SURE if post.is_linking else DOUBTFUL
        return [Found(case, confidence, (), "messages", reason, new)]
