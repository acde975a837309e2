"""Scripts, zones, hosts: the smaller parts."""

from __future__ import annotations

import pytest

from services.screening.text.fold import fold
from services.screening.text.hosts import LINKS, find_links, registrable
from services.screening.text.matching import Scanner
from services.screening.text.script import foreign, language
from services.screening.text.zones import find_zones


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("hello there", "und-Latn"),
        ("12:30 …!", "zxx"),
        ("это наша воронка", "und-Cyrl"),
        ("これはテストです", "und-Jpan"),
        ("这是一个测试", "und-Hani"),
        ("Grüße 🙂", "und-Latn"),
        ("한국어로 씁니다", "und-Kore"),
        ("مرحبا بالجميع", "und-Arab"),
    ],
)
def test_the_script_of_most_letters_names_the_text(text: str, tag: str) -> None:
    """A tag says what can be told cheaply and surely."""
    assert language(fold(text)) == tag


def test_a_foreign_part_counts_only_if_it_is_a_good_part() -> None:
    """A word of another script in a long text isn't what the text is written in."""
    assert foreign(fold("это наша воронка, смотрите сюда")) == "und-Cyrl"
    assert (
        foreign(
            fold("we call it воронка in our office, and it works well with all of the reports that we have")
        )
        is None
    )
    assert foreign(fold("just 🙂 and … here")) is None


@pytest.mark.parametrize(
    ("text", "part", "kind"),
    [
        ("so `x = damn` then", "damn", "code"),
        ("```\ndamn\n```", "damn", "code"),
        ("> damn\nno", "damn", "cited"),
        ("see https://a.example/damn now", "damn", "url"),
        ("[quote=bob]damn[/quote]", "damn", "cited"),
        ("damn it", "damn", "own"),
        ("a > damn", "damn", "own"),
    ],
)
def test_zones(text: str, part: str, kind: str) -> None:
    """Code, what looks like a quotation, and addresses are told from the author's own words."""
    start = text.index(part)
    assert find_zones(text, []).kind_at(start, start + len(part)) == kind


def test_the_platforms_word_on_quotations_comes_first() -> None:
    """What is quoted and looks like code is quoted."""
    assert find_zones("`damn`", [(0, 6)]).kind_at(1, 5) == "quoted"


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://www.Shop.example.co.uk/x?ref=me.", ["shop.example.co.uk"]),
        ("go to shop.com/now or www.other.store", ["shop.com", "other.store"]),
        ("https://user@host.example:8080/p", ["host.example"]),
        ("readme.md, node.js and main.rs aren't hosts", []),
        ("write to ada@shop.com", []),
        ("(https://one.example),https://two.example/a", ["one.example", "two.example"]),
        ("v2.0.com", ["v2.0.com"]),
        ("end of sentence.Next one", []),
    ],
)
def test_hosts_of_links(text: str, hosts: list[str]) -> None:
    """Addresses and the usual bare names; no files, and no e-mail's domain."""
    assert [link.host for link in find_links(fold(text))] == hosts


@pytest.mark.parametrize(
    "text", ["https://a.example", "www.a.example", "a.com", "x http://b.de/c", "shop.store"]
)
def test_whatever_is_a_link_shows_a_sign_of_one(text: str) -> None:
    """The scanner's signs hold at least what `find_links` finds."""
    scanner = Scanner(LINKS)
    assert find_links(text)
    assert scanner.scan(text)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("me.github.io", "me.github.io"),
        ("com", "com"),
    ],
)
def test_the_registrable_domain(host: str, domain: str) -> None:
    """What somebody had to register for the host."""
    assert registrable(host) == domain
