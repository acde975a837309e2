"""What a set of labelled texts is, so that every set is measured in the same way.

A set says which files it needs and makes texts with their truth of them; whoever runs it reads the files. A
text's truth names measures: `True` breaks it, `False` doesn't, and a measure that isn't named can't be told
from that text. Nothing of a text ever goes into a report, only counts.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

HELD_OUT_TENTHS: Final = 3
"""Of each set, so much is only looked at in sum: rules and thresholds are made on the rest."""

Ordinary = Literal["goemotions", "wikipedia"]
"""The kinds of ordinary texts on which flag rates have budgets of their own."""


class LabelledText(msgspec.Struct, frozen=True, gc=False):
    """One text with its truth.

    `truth` is by measure, see above. `author`, `thread` and `at_ms` are given where the set knows them: texts
    of one author are then screened as one history, in the order of the set. `reply_to` is the account that
    the text answers, if any. `groups` are the groups that parity compares, such as
    `african-american-english` or `identity:muslim`; `ordinary` is set where the text is one of those on
    which flag rates are counted.
    """

    id: str
    text: str
    truth: Mapping[str, bool] = MappingProxyType({})
    author: str = ""
    thread: str = ""
    reply_to: str = ""
    at_ms: int = 0
    groups: tuple[str, ...] = ()
    ordinary: Ordinary | None = None


class Measure(msgspec.Struct, frozen=True):
    """Something that a set can tell.

    A text counts as found where a finding is of one of `guidelines` and, where they are said, of one of
    `cases` and of one of the term classes `classes`. Cases `aside` are enforced for what the set doesn't ask
    about: they don't count as enforced there, but do for recall. `precision` (of what is enforced),
    `either_precision`, `recall` and `f1` (of what is enforced or reviewed) are to be reached, in per cent;
    0: nothing is asked for.
    """

    name: str
    guidelines: tuple[str, ...]
    cases: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    precision: float = 0
    recall: float = 0
    f1: float = 0
    note: str = ""
    either_precision: float = 0
    aside: frozenset[str] = frozenset()


class LabelledSet(msgspec.Struct, frozen=True):
    """A set of texts.

    `files` are paths below the data's folder, or patterns of them (`youtube_spam/*.csv`). `texts` gets the
    files' contents by path, in the paths' order, and gives the texts in an order that never changes.
    """

    name: str
    title: str
    source: str
    licence: str
    files: tuple[str, ...]
    texts: Callable[[Mapping[str, str]], Iterable[LabelledText]]
    measures: tuple[Measure, ...] = ()


def held_out(text: LabelledText) -> bool:
    """Whether the text belongs to the part that no table of weights was learned from.

    By its id alone, so it never moves. Lists and thresholds were chosen with figures of this part in sight
    too, so expect less of texts that nobody has seen.
    """
    return crc32(text.id.encode()) % 10 < HELD_OUT_TENTHS
