"""Sentences, quotation marks and negation around a match: what tells a word's use. All of bounded reach."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from services.screening.post import Match, Post
from services.screening.rule import Hit
from services.screening.text.zones import Cover

SENTENCE_CHARS_MAX: Final = 240
"""How far a sentence is followed to either side."""
QUOTED_CHARS_MAX: Final = 200
"""Quotation marks farther apart quote nothing here."""
NEGATED: Final = re.compile(
    r"\b(?:not|never|isn't|aren't|arent|isnt|wasn't|weren't|don't|dont|doesn't|doesnt|didn't|can't|cannot|cant|"
    r"won't|wouldn't|shouldn't|no longer|hardly|ain't|aint|neither|nobody|without)\b"
)
_END: Final = re.compile(r"[.!?;\n]+")
_MARKS: Final = re.compile('"+')
_OPEN_QUOTE: Final = re.compile(r'"[^"\n]{0,200}\Z')
_CLOSE_QUOTE: Final = re.compile(r'\A[^"\n]{0,200}"')


def sentence(text: str, match: Match, before: int = 1) -> tuple[int, int]:
    """Start and end, in folded text, of the sentence that a match begins in.

    `before`: with the sentences before it, so many in all.
    """
    least = max(0, match.start - SENTENCE_CHARS_MAX)
    ends = [end.end() for end in _END.finditer(text, least, match.start)]
    start = ends[-before] if len(ends) >= before else least
    stop = _END.search(text, match.end, match.end + SENTENCE_CHARS_MAX)
    return start, stop.start() if stop else min(len(text), match.end + SENTENCE_CHARS_MAX)


def quoted_chars(post: Post, match: Match, reading: int = 0) -> int | None:
    """How long the text is between the quotation marks around a match; None where there are none around it.

    There are, with an odd number of marks before it in the line and one after it. Marks around all of a text
    quote nothing.
    """
    before, after = post.around(match, QUOTED_CHARS_MAX, QUOTED_CHARS_MAX, reading)
    text = post.readings[reading].text
    if text.startswith('"') and '""' in text:
        before, after = _untabled(before), _untabled(after)
    if '"' not in before or '"' not in after or len(_MARKS.findall(before.rpartition("\n")[2])) % 2 == 0:
        return None
    opened, closed = _OPEN_QUOTE.search(before), _CLOSE_QUOTE.search(after)
    if opened is None or closed is None:
        return None
    begin, stop = match.start - len(opened.group()), match.end + len(closed.group())
    if not text[:begin].strip('" ') and not text[stop:].strip('" '):
        return None
    return stop - begin - 2


def _untabled(text: str) -> str:
    """A field of an exported table: single marks are the table's, doubled ones the author's. Keeps length."""
    return text.replace('""', "\0\1").replace('"', " ").replace("\0\1", ' "')


def is_quoted(post: Post, match: Match, reading: int = 0) -> bool:
    """Whether a match stands within quotation marks."""
    return quoted_chars(post, match, reading) is not None


def places_of(post: Post, hits: Sequence[Hit], name: str) -> Cover:
    """Where patterns of a name stand in the original: what a harmless phrase holds is harmless."""
    return Cover(
        (match.first, match.last)
        for hit in hits
        if hit.pattern.name == name
        for match in post.matches(hit.pattern, hit.reading)
    )
