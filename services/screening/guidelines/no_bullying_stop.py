"""Guideline 9, no bullying: that somebody asks somebody else to stop.

It is no violation of whoever writes it. It goes on because hostile posts at that person are badgering from
then on, however few; whom it asks is the account that the post answers, or else the first that it mentions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from events.policy import RuleSettings
from services.screening.post import Post
from services.screening.rule import Found, Hit, RuleContract, as_spans, number, params
from services.screening.text.matching import Pattern
from services.screening.text.phrases import phrase_patterns
from services.screening.text.speech import is_quoted
from services.screening.window import Window

CONFIDENCE: Final = 90
_WORDS: Final = re.compile(r"[a-z']+")


class AskedToStop:
    """Finds requests to stop by the policy's list."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-bullying.stop",
        version=1,
        guideline="no-bullying",
        cases=("asked-to-stop",),
        params={"words_max": 30},
        lists={"stop": "phrases that ask somebody to leave the author alone"},
    )

    def __init__(self, settings: RuleSettings) -> None:
        self._words_max = number(params(self.contract, settings), "words_max")
        self._phrases = settings.lists.get("stop", ())

    def patterns(self) -> Sequence[Pattern]:
        """The list's phrases."""
        return phrase_patterns("stop", self._phrases)

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """One finding, in a short post that answers or mentions somebody else."""
        asked = post.reply_to or next(iter(post.mentions), None)
        if asked in (None, post.author) or len(_WORDS.findall(post.text)) > self._words_max:
            return []
        spans = [
            match.span
            for hit in hits
            for match in post.matches(hit.pattern, hit.reading)
            if match.zone == "own" and not is_quoted(post, match, hit.reading)
        ]
        if not spans:
            return []
        return [Found("asked-to-stop", CONFIDENCE, as_spans(spans), "stop", "asks somebody to stop")]
