"""Phrases of a policy's lists, in which words may be left open.

As `term_expression`, and besides: `*` stands for up to three words of any kind, `a|b` for either word, and
`~` at a word's end, not only the last one's, for more letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from services.screening.text.matching import Pattern

_BOUNDARY: Final = r"\b"
_GAP: Final = r"[\s_.,:!;()\"-]+"
_OPEN: Final = rf"(?:[a-z0-9'&$£€%+#]{{1,15}}{_GAP}){{0,3}}"


def phrase_expression(phrase: str) -> str:
    """The expression of a list's entry."""
    parts: list[str] = []
    for word in phrase.lower().split():
        if word == "*":
            parts.append(_OPEN)
            continue
        options = "|".join(map(_word, word.split("|")))
        parts += [f"(?:{options})" if "|" in word else options, _GAP]
    parts.pop()
    first, last = phrase.split(maxsplit=1)[0][0], phrase.rsplit(maxsplit=1)[-1][-1]
    # A phrase that begins or ends with a sign has no word boundary there.
    return (
        (r"\b" if first.isalnum() else "") + "".join(parts) + (r"\b" if last.isalnum() or last == "~" else "")
    )


def phrase_patterns(
    name: str, phrases: Sequence[str], *, tricks: bool = False, given: str = ""
) -> list[Pattern]:
    """A pattern for each entry of a list."""
    return [
        Pattern(name, phrase_expression(phrase), phrase, tricks=tricks, given=given) for phrase in phrases
    ]


def any_phrase(phrases: Sequence[str]) -> re.Pattern[str]:
    """One expression for all entries, for texts that are looked at anyway.

    Without entries, it matches nothing. Their word boundary stands before all of them, so that `re` tries
    them at the beginnings of words only: several times faster.
    """
    expressions = [*map(phrase_expression, phrases)]
    within = [found.removeprefix(_BOUNDARY) for found in expressions if found.startswith(_BOUNDARY)]
    others = [found for found in expressions if not found.startswith(_BOUNDARY)]
    if within:
        others.append(f"{_BOUNDARY}(?:{'|'.join(within)})")
    return re.compile("|".join(others) or r"(?!)")


def _word(word: str) -> str:
    return re.escape(word.removesuffix("~")) + ("[a-z]*" if word.endswith("~") else "")
