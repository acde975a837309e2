"""Texts that satisfy a regular expression, always the same for the same seed.

For measuring how many of a scanner's expressions are covered: what it calls an example of a rule is a text
that the rule's expression matches.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import count
from re import _constants as sre  # type: ignore[attr-defined]  # there is no public way to a parsed expression
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from typing import Any, Final

REPEATS_MAX: Final = 2
"""How many times more than it must a repetition is drawn."""
OPEN_REPEATS: Final = 12
"""How many times a repetition without an end is drawn, if it need not be more."""


class _Dice:
    """Numbers worked out from a seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = (byte for block in count() for byte in sha256(f"{seed}:{block}".encode()).digest())

    def below(self, end: int) -> int:
        return (next(self._bytes) * 256 + next(self._bytes)) % end


def sample(expression: str, seed: str) -> str:
    """A text that the expression matches."""
    tree = parser.parse(_as_python(expression))
    return _drawn(tree, _Dice(seed), [])


def satisfies(expression: str, text: str) -> bool:
    """Whether the expression matches somewhere in a text. What is drawn knows nothing of word boundaries."""
    return re.search(_as_python(expression), text) is not None


def _as_python(expression: str) -> str:
    """Flags in the middle of an expression become a group up to its end, as Go reads them."""
    expression = expression.replace(r"\z", r"\Z")
    expression = re.sub(r"\[\[:alnum:\]\]", "[a-zA-Z0-9]", expression)
    at = expression.find("(?i)", 1)
    while at > 0:
        expression = (
            f"{expression[:at]}(?i:{expression[at + 4 :]})"
            if _balanced(expression[at:])
            else (expression[:at] + expression[at + 4 :])
        )
        at = expression.find("(?i)", 1)
    return expression


def _balanced(text: str) -> bool:
    plain = re.sub(r"\\.|\[[^\]]*\]", "", text)
    return plain.count("(") == plain.count(")")


def _drawn(tree: Any, dice: _Dice, groups: list[str]) -> str:
    return "".join(_one(kind, value, dice, groups) for kind, value in tree)


def _one(kind: Any, value: Any, dice: _Dice, groups: list[str]) -> str:
    if kind is sre.LITERAL:
        return chr(value)
    if kind in _FREE:
        return _FREE[kind][dice.below(len(_FREE[kind]))]
    if kind is sre.IN:
        return _chosen(value, dice)
    if kind is sre.BRANCH:
        return _drawn(value[1][dice.below(len(value[1]))], dice, groups)
    if kind is sre.SUBPATTERN:
        return _drawn(value[3], dice, groups)
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        least, most, body = value
        times = max(least, OPEN_REPEATS) if most is sre.MAXREPEAT and least else least
        times += dice.below(min(most - least, REPEATS_MAX) + 1)
        if len(body) == 1 and body[0][0] is sre.ANY:
            return "".join(_LETTERS[dice.below(len(_LETTERS))] for _ in range(times))
        return "".join(_drawn(body, dice, groups) for _ in range(times))
    return ""  # anchors and boundaries take no room


def _chosen(choices: Any, dice: _Dice) -> str:
    characters: list[str] = []
    negated = False
    for kind, value in choices:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.LITERAL:
            characters.append(chr(value))
        elif kind is sre.RANGE:
            characters += map(chr, range(value[0], value[1] + 1))
        elif kind is sre.CATEGORY:
            characters += _CATEGORIES[value]
    if negated:
        characters = [c for c in map(chr, range(33, 127)) if c not in characters]
    return characters[dice.below(len(characters))]


_DIGITS: Final = "0123456789"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FREE: Final[dict[Any, str]] = {sre.NOT_LITERAL: _LETTERS, sre.ANY: "."}
_CATEGORIES: Final[dict[Any, str]] = {
    sre.CATEGORY_DIGIT: _DIGITS,
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: _LETTERS + _DIGITS + "_",
    sre.CATEGORY_NOT_SPACE: _LETTERS + _DIGITS,
    sre.CATEGORY_NOT_DIGIT: _LETTERS,
    sre.CATEGORY_NOT_WORD: " ",
}
