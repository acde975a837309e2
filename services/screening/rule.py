"""What a rule is: one guideline, held against one post.

A rule is a plain class, made once per policy with the policy's settings for it. It says what patterns it
looks for; all patterns of all rules are found in one pass, and a rule is asked only about posts in which one
of its own occurs. It never sees a whole post's text otherwise, and decides nothing about people: what hangs
on a profile goes on as a condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final, Protocol

import msgspec

from events.policy import RuleSettings
from events.signals import Condition, Span
from services.screening.post import Post
from services.screening.text.matching import Pattern
from services.screening.text.script import LATIN
from services.screening.window import Window

SPANS_MAX: Final = 20
"""Spans of one finding; further ones are left out, they would prove nothing more."""


BUSY: Final = Pattern("busy", r"\x01busy\x01")
"""Stands for what only the window shows: `Window.saw`.

A rule that has it among its patterns is asked then too.
"""

MESSAGED: Final = Pattern("messaged", r"\x01messaged\x01")
"""Stands for direct messages to several people: `Window.wrote`. All of a direct message that a rule is told.

Its text is not read.
"""


class RuleContract(msgspec.Struct, frozen=True):
    """What a rule needs of the policy, and what it may find: policies are checked against it.

    `cases` are ids of cases of `guideline`. `params` are the parameters with their defaults, whose types a
    policy must keep to. `lists` are the names of the lists that it reads, each with what goes into it.
    `scripts` are those it can read: what is written in another, it hasn't cleared. Raise `version` whenever
    the same settings could find something else.
    """

    name: str
    version: int
    guideline: str
    cases: tuple[str, ...]
    params: Mapping[str, int | str | bool] = MappingProxyType({})
    lists: Mapping[str, str] = MappingProxyType({})
    scripts: tuple[str, ...] = (LATIN,)


class Found(msgspec.Struct, frozen=True, gc=False):
    """What a rule found. `confidence` is a whole percentage; the policy says what may follow from it.

    `term_class` and `reason` are words of the rule's own, never of the text.
    """

    case: str
    confidence: int
    spans: tuple[Span, ...]
    term_class: str
    reason: str
    condition: Condition | None = None


class Hit(msgspec.Struct, frozen=True, gc=False):
    """One of the rule's patterns occurs, in a reading of the post's text.

    Reading 0 is the folded text as it stands.
    """

    pattern: Pattern
    reading: int


class Rule(Protocol):
    """One guideline's rule, with a policy's settings."""

    contract: ClassVar[RuleContract]

    def __init__(self, settings: RuleSettings) -> None: ...

    def patterns(self) -> Sequence[Pattern]:
        """What to look for. The same settings give the same patterns in the same order."""

    def find(self, post: Post, hits: Sequence[Hit], window: Window) -> list[Found]:
        """What the post breaks. `hits` holds at least one of the rule's patterns."""


def params(contract: RuleContract, settings: RuleSettings) -> dict[str, int | str | bool]:
    """The contract's parameters, as the policy sets them."""
    return {**contract.params, **settings.params}


def number(values: Mapping[str, int | str | bool], name: str) -> int:
    """A parameter that is a whole number, which the policy's check has made sure of."""
    return int(values[name])


def as_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order, each once, at most `SPANS_MAX`."""
    unique = {(span.field, span.start, span.end): span for span in spans}
    return tuple(unique[key] for key in sorted(unique))[:SPANS_MAX]
