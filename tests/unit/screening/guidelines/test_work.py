"""No crafted text takes more than linear work: counted, not timed."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from services.screening.guidelines import privacy
from services.screening.post import MATCHES_MAX
from services.screening.text import identifiers
from tests.support.screening import default_rulebook, verdict_on

CANDIDATES = {
    "phone": "call 415 867 53{n:02d}, ",
    "card": "card 4539 1488 0343 {n:04d} ",
    "iban": "de89 3704 0044 0532 0130 {n:02d} ",
    "email": "a{n}@b.co ",
    "secret": "api_key=a1b2c3d4e5f6a7b8c9{n} ",
    "street": "{n} oak hill road, ",
}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each validator is asked."""
    counts: Counter[str] = Counter()

    def counted(module: object, name: str) -> None:
        real = getattr(module, name)

        def call(*args: object, **more: object) -> object:
            counts[name] += 1
            return real(*args, **more)

        monkeypatch.setattr(module, name, call)

    counted(identifiers, "phone_number")
    counted(identifiers, "is_foreign_number")
    counted(privacy, "is_secret")
    counted(privacy, "email_form")
    counted(privacy, "_whose")
    return counts


@pytest.mark.parametrize("kind", CANDIDATES)
def test_candidates_are_validated_only_so_many_times(kind: str, work: Counter[str]) -> None:
    """Twice as many candidates never take more than twice the work, and beyond a limit no more at all."""
    asked = []
    for count in (50, 100, 400, 800):
        work.clear()
        verdict_on("".join(CANDIDATES[kind].format(n=n) for n in range(count)))
        asked.append(work.total())
    assert asked[1] <= 2 * asked[0] + MATCHES_MAX // 10
    assert asked[3] == asked[2]


def test_stretches_are_taken_once() -> None:
    """What overlaps something surer is left out, whatever the order."""
    taken: list[tuple[int, int]] = []
    stretches = [(5, 9), (0, 5), (8, 12), (20, 30), (9, 20), (22, 23), (4, 6)]
    assert [privacy._take(taken, *one) for one in stretches] == [True, True, False, True, True, False, False]
    assert taken == sorted(taken)


CHARS = 15_000
"""The shorter of the two lengths at which work is compared; few lines of a real platform are longer."""
SLACK_CALLS = 3_000
CRAFTED = {
    "one letter": "a",
    "one emoji": "\U0001f600",
    "combining marks": "e\u0301\u0323\u0335",
    "zero width": "a\u200b",
    "look-alike letters": "\u0430\u0435 ",
    "letters set apart": "f u c k ",
    "letters as digits": "sh1t 5h1t ",
    "masked letters": "f**k f*ck ",
    "held letters": "fuuuuck ",
    "nested quotation marks": '"',
    "typographic quotation marks": "\u201c\u2018",
    "quoted lines": "> you are an idiot\n",
    "code": "`kill` ",
    "open code": "```\n",
    "brackets": "[(<",
    "links": "http://x.example/?ref=1 ",
    "half a link": "http://",
    "at signs": "@",
    "addresses": "a.b@",
    "digits": "1",
    "digits set apart": "1 2-",
    "insults": "you are an idiot and you are such a loser. ",
    "insults without an end": "you are an idiot and you are such a loser ",
    "denials": "not not all women are ",
    "offers": "buy now, 50% off, sign up at my website ",
}


def calls(body: str) -> int:
    """How many functions, Python's own among them, screening a text calls."""
    count = 0

    def on_event(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(on_event)
    try:
        verdict_on(body)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", CRAFTED.values(), ids=CRAFTED)
def test_twice_the_text_is_at_most_twice_the_work(unit: str) -> None:
    """Whatever is repeated, calls grow no faster than the text."""
    once, twice = (calls((unit * (chars // len(unit) + 1))[:chars]) for chars in (CHARS, 2 * CHARS))
    assert twice <= 2 * once + SLACK_CALLS


def test_all_terms_of_the_policy_in_one_text_are_linear_work() -> None:
    """The text in which everything is found, once and then twice over."""
    terms = [pattern.term for pattern in default_rulebook().scanner.patterns if pattern.term]
    text = ". ".join(term.strip("~").replace("*", "x").split("|")[0] for term in terms)
    once, twice = calls(text), calls(". ".join([text] * 2))
    assert twice <= 2 * once + SLACK_CALLS
