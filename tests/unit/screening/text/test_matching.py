from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screening.text.fold import fold, located
from services.screening.text.matching import Pattern, Scanner, term_expression, term_patterns
from tests.support.screening import default_rulebook

SCANNER = Scanner(
    [Pattern("word", r"\bfunnel\b"), *term_patterns("term", ["drop off", "retent~", "c++"], tricks=True)]
)


def occurring(text: str, scanner: Scanner = SCANNER) -> set[str]:
    """Names of what occurs in a text as it stands."""
    return {scanner.patterns[n].expression for n in scanner.scan(fold(text)) if n < len(scanner.patterns)}


@pytest.mark.parametrize("text", ["drop off", "Drop-off", "drop_off", "drop  off", "a drop.off!"])
def test_a_space_in_a_term_stands_for_any_small_gap(text: str) -> None:
    """However two words are joined, they are the term."""
    assert occurring(text) == {term_expression("drop off")}


@pytest.mark.parametrize(
    ("text", "found"), [("retention", True), ("retent", True), ("aretention", False), ("dropoff", False)]
)
def test_terms_are_whole_words(text: str, found: bool) -> None:
    """A term within a word isn't the term, unless it says so with `~`."""
    assert bool(occurring(text)) is found


def test_a_term_may_begin_or_end_with_a_sign() -> None:
    """A sign has no word boundary."""
    assert occurring("we use c++ here") == {term_expression("c++")}


def test_every_expression_of_the_default_policy_is_read_alike_by_both_engines() -> None:
    """What `re` finds in a text, the scanner finds: none of its hits can be missed."""
    scanner = default_rulebook().scanner
    no_hits = {pattern.given for pattern in scanner.patterns}  # conditions, and what they are for
    for number, pattern in enumerate(scanner.patterns):
        if not pattern.term or not pattern.term.isascii() or pattern.given or pattern.name in no_hits:
            continue
        text = f"so, {fold(pattern.term.strip('~'))} there"
        if re.search(pattern.expression, text):
            assert number in scanner.scan(text), pattern


@given(st.text(alphabet="adfopru e-t~.\u200bо", max_size=40))
def test_a_scan_finds_what_re_finds(text: str) -> None:
    """On any text, the scanner's hits hold at least those of `re`."""
    folded = fold(text)
    hits = set(SCANNER.scan(folded))
    for number, pattern in enumerate(SCANNER.patterns):
        if re.search(pattern.expression, folded):
            assert number in hits


def test_tricks_are_looked_for_only_where_there_is_a_sign_of_one() -> None:
    """A plain text has one reading; one with a trick has more, with the hits that it hid."""
    plain, tricky = "our retention", "our r e t e n t"
    assert len(SCANNER.readings(plain, list(SCANNER.scan(plain)), lambda: located(plain, plain))) == 1
    readings = SCANNER.readings(tricky, list(SCANNER.scan(tricky)), lambda: located(tricky, tricky))
    assert {SCANNER.patterns[n].term for reading in readings[1:] for n in reading.hits} == {"retent~"}


def test_what_is_given_is_looked_for_only_beside_it() -> None:
    """A pattern with a condition is found where the condition occurs, and the condition itself is no hit."""
    scanner = Scanner(
        [
            Pattern("reader", r"\byou\b"),
            Pattern("plain", r"\bfunnel\b"),
            *term_patterns("weak", ["slow"], given="reader"),
        ]
    )
    found = {
        text: [scanner.patterns[n].name for n in scanner.scan(text)]
        for text in ("you", "slow", "you slow funnel")
    }
    assert found["you"] == []
    assert found["slow"] == []
    assert sorted(found["you slow funnel"]) == ["plain", "weak"]


@given(st.text(alphabet="yous lowfn.", max_size=60))
def test_a_scan_with_conditions_is_what_a_plain_one_would_find(text: str) -> None:
    """Two passes find what `re` finds, pattern by pattern."""
    patterns = [
        Pattern("reader", r"\byou\b"),
        *term_patterns("plain", ["fun", "so"]),
        *term_patterns("weak", ["slow", "low"], given="reader"),
    ]
    plain = {
        number
        for number, pattern in enumerate(patterns)
        if pattern.name != "reader"
        and re.search(pattern.expression, text)
        and (not pattern.given or re.search(patterns[0].expression, text))
    }
    assert set(Scanner(patterns).scan(text)) == plain


@given(
    st.lists(
        st.sampled_from(
            ["fo", "foo", "foobar", "a-foo", "foo bar", "foo-bar", "fooo", "xfoo", "foo.", "bar", " ", "\n"]
        ),
        max_size=12,
    ).map("".join),
    st.sampled_from(
        [
            r"\bfoo\b",
            r"\bfoo[a-z]*\b",
            r"\bfoo?\b",
            r"\bfoo{1,2}",
            r"\bfoo[\s-]{1,3}bar\b",
            r"\bfoo(?:bar|x)?\b",
            r"\bfoo\b|\bbar\b",
            r"\bf",
            r"[a-z]*foo",
        ]
    ),
)
def test_looking_for_the_first_letters_finds_what_looking_everywhere_finds(
    text: str, expression: str
) -> None:
    """In the same places, whatever the expression begins with."""
    pattern = Pattern("list", expression)
    assert [at.span() for at in pattern.places(text)] == [at.span() for at in pattern.where.finditer(text)]


class Shelf(dict[str, bytes]):
    """Keeps what was compiled, and counts what was put there."""

    puts = 0

    def put(self, name: str, data: bytes) -> None:
        """Keep it."""
        self.puts += 1
        self[name] = data


def test_what_was_compiled_is_used_again() -> None:
    """A second scanner over the same patterns compiles nothing, and finds the same."""
    shelf = Shelf()
    first = Scanner(SCANNER.patterns, shelf)
    made = shelf.puts
    again = Scanner(SCANNER.patterns, shelf)
    assert shelf.puts == made == len(shelf) > 0
    for text in ("our retention", "our r e t e n t", "nothing at all"):
        assert sorted(again.scan(text)) == sorted(first.scan(text)) == sorted(SCANNER.scan(text))


def test_other_patterns_are_not_taken_for_these() -> None:
    """The same expressions in another order have other numbers, and so another name."""
    shelf = Shelf()
    Scanner([Pattern("a", r"\bone\b"), Pattern("b", r"\btwo\b")], shelf)
    turned = Scanner([Pattern("b", r"\btwo\b"), Pattern("a", r"\bone\b")], shelf)
    assert list(turned.scan("one")) == [1]
    assert len(shelf) == 2


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda data: data[:-1],
    lambda data: data[:0],
    lambda data: data[:80] + bytes([data[80] ^ 1]) + data[81:],
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_damaged_is_compiled_anew(damage: Callable[[bytes], bytes]) -> None:
    """What is kept is checked: cut off, empty or changed, it is made again and replaced."""
    shelf = Shelf()
    Scanner(SCANNER.patterns, shelf)
    whole = dict(shelf)
    shelf.update({name: damage(data) for name, data in whole.items()})
    found = Scanner(SCANNER.patterns, shelf).scan("our retention")
    assert sorted(found) == sorted(SCANNER.scan("our retention"))
    assert dict(shelf) == whole
