"""Digests, window, breakers, e-mail classes, dry runs: the smaller parts."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.policy import Breaker
from services.screening.breaker import RANGES_MAX, Breakers
from services.screening.digests import IdentityKey, domain_form, email_form, phone_form
from services.screening.dry_run import screen_lines
from services.screening.email_class import EmailClasses
from services.screening.guidelines import RULES, known_rules
from services.screening.guidelines.no_selling import NoSelling
from services.screening.rulebook import Rulebook
from services.screening.window import LINKS_PER_AUTHOR_MAX, WINDOW, Window
from tests.support.policies import community
from tests.support.screening import KEY, default_rulebook, post_event

LIMITS = Breaker(failures=3, events=10)
WINDOW_MS = WINDOW // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("Ada@Acme.com", "ada@acme.com"),
        ("ada+news@gmail.com", "ada@gmail.com"),
        ("a.d.a@googlemail.com", "ada@gmail.com"),
        ("ada+news@acme.com", "ada+news@acme.com"),
        ("a.da@acme.com", "a.da@acme.com"),
        ("аda@acme.com", "ada@acme.com"),
    ],
)
def test_one_address_has_one_form(address: str, form: str) -> None:
    """Tags and dots fold for providers that ignore them, never for a company's domain."""
    assert email_form(address) == form


@pytest.mark.parametrize(
    ("number", "form"),
    [("+1 (415) 867-5309", "+14158675309"), ("415.867.5309", "+14158675309"), ("12", None), ("x", None)],
)
def test_one_number_has_one_form(number: str, form: str | None) -> None:
    """E.164, or nothing."""
    assert phone_form(number, "US") == form


def test_a_domain_is_what_had_to_be_registered() -> None:
    """Of a host or an address."""
    assert domain_form("ada@mail.Acme.co.uk") == domain_form("www.acme.co.uk") == "acme.co.uk"


def test_digests_tell_keys_and_kinds_apart() -> None:
    """Another key, another kind, another digest; the key's id is in front, and the key nowhere."""
    other = IdentityKey("k2", b"another key for tests, as long..")
    digests = {KEY.digest("email", "a"), KEY.digest("phone", "a"), other.digest("email", "a")}
    assert len(digests) == 3
    assert KEY.digest("email", "a").startswith("k1:")
    assert "key for tests" not in repr(KEY)


@pytest.mark.parametrize(
    ("name", "secret"), [("k1", b"short"), ("k1", b"x" * 65), ("k:1", b"x" * 32), ("", b"x" * 32)]
)
def test_a_key_that_cannot_be_used_is_refused(name: str, secret: bytes) -> None:
    """With what was expected, and without the key."""
    with pytest.raises(ValueError, match="identity key"):
        IdentityKey(name, secret)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("a@gmail.com", "free"),
        ("a@x.mailinator.com", "disposable"),
        ("a@acme.example.com", "business"),
        ("acme", "unknown"),
    ],
)
def test_classes_of_addresses(address: str, kind: str) -> None:
    """By the domain alone."""
    assert EmailClasses().of(address) == kind


# --- window -----------------------------------------------------------------------------------------------


def test_the_window_counts_posts_not_links() -> None:
    """Of this author, to this host, within the time."""
    window = Window()
    window.add("ada", "p1", 0, ["a.example", "a.example", "b.example"])
    window.add("ada", "p2", 1_000, ["a.example"])
    window.add("bob", "p3", 1_000, ["a.example"])
    assert window.posts_linking("ada", "a.example", 1_000) == 2
    assert window.posts_linking("ada", "a.example", WINDOW_MS) == 1
    assert window.posts_linking("ada", "a.example", WINDOW_MS + 1_000) == 0


def test_the_window_forgets_authors() -> None:
    """Who hasn't linked to anything within the window isn't remembered.

    And nobody has more than so many links.
    """
    window = Window()
    for number in range(1_000):
        window.add(f"a{number}", "p", number * 10_000, ["a.example"])
    assert len(window) <= WINDOW_MS // 10_000 + 1
    for number in range(LINKS_PER_AUTHOR_MAX * 2):
        window.add("ada", f"p{number}", 10_000_000, ["a.example"])
    assert window.posts_linking("ada", "a.example", 10_000_000) == LINKS_PER_AUTHOR_MAX


# --- breakers ---------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), unique=True))
def test_a_breaker_trips_at_so_many_failures_within_so_many_posts(at: list[int]) -> None:
    """And at nothing less."""
    breakers = Breakers(digest="d")
    failed = sorted(at)
    tripped = False
    for post in range(41):
        breakers.seen = post
        if post in failed and breakers.is_open("r"):
            tripped = breakers.failed("r", post, LIMITS) or tripped
    assert tripped == any(failed[n + 2] - failed[n] < 10 for n in range(len(failed) - 2))


def test_breakers_survive_the_guard_and_stay_small() -> None:
    """They go through JSON unchanged, and are bounded however long things go wrong."""
    breakers = Breakers()
    for round_number in range(100):
        for rule in ("first", "second"):
            for post in range(40):
                breakers.seen += 1
                if breakers.is_open(rule):
                    breakers.failed(rule, round_number * 100 + post, Breaker(failures=30, events=1_000))
                else:
                    breakers.miss(rule, round_number * 100 + post)
        breakers.take_up(f"digest {round_number}")
    assert len(breakers.missed) <= RANGES_MAX
    assert sum(missed.count for missed in breakers.missed) == 100 * 2 * 10
    encoded = msgspec.json.encode(breakers)
    assert len(encoded) < 3_000
    assert msgspec.json.decode(encoded, type=Breakers) == breakers


def test_what_was_missed_is_done_in_pieces() -> None:
    """A range shrinks as it is screened again, then goes."""
    breakers = Breakers(digest="a")
    for post in range(6):
        if breakers.is_open("r"):
            breakers.failed("r", post, LIMITS)
        else:
            breakers.miss("r", post)
    assert breakers.due() is None
    breakers.take_up("b")
    breakers.screened_again(4)
    due = breakers.due()
    assert due is not None
    assert (due.start, due.end) == (4, 6)
    breakers.screened_again(6)
    assert breakers.due() is None


# --- policy and dry runs ----------------------------------------------------------------------------------


def test_the_default_policy_sets_every_rule() -> None:
    """No rule is forgotten, and each finds cases that the policy has."""
    assert set(community().rules) == set(known_rules())
    for contract in known_rules().values():
        for case in contract.cases:
            assert community().case(contract.guideline, case) is not None, (contract.name, case)


def test_rules_are_named_for_their_guideline() -> None:
    """So that a finding's rule says what it enforces."""
    for rule in RULES:
        assert rule.contract.name.startswith(f"{rule.contract.guideline}.")


def test_the_digest_of_rules_changes_with_their_settings() -> None:
    """And with nothing else."""
    policy = community()
    settings = policy.rules["no-selling.promotion"].model_copy(update={"params": {"points_link": 16}})
    other = policy.model_copy(update={"rules": {**policy.rules, "no-selling.promotion": settings}})
    renamed = policy.model_copy(update={"name": "another"})
    digest = Rulebook(policy, (NoSelling,)).digest
    assert Rulebook(other, ()).digest == Rulebook(policy, ()).digest != digest
    assert Rulebook(other, (NoSelling,)).digest != digest
    assert Rulebook(renamed, (NoSelling,)).digest == digest


def test_a_dry_run_answers_each_line() -> None:
    """Findings, refusals and what couldn't be read, by line."""
    lines = [
        json.dumps(post_event("fuck this", post="p1")).encode(),
        b"",
        b"nonsense",
        json.dumps(post_event("это наша воронка, смотрите", post="p2")).encode(),
        json.dumps(post_event("hello", post="p3", visibility="direct", recipients=["bob"])).encode(),
    ]
    found, refused, unread, direct = screen_lines(lines, default_rulebook(), KEY)
    assert (found.line, [f.case for f in found.findings]) == (1, ["strong-cursing"])
    assert refused.line == 3
    assert refused.refused is not None
    assert refused.refused.code == "json_invalid"
    assert (unread.findings, unread.language) == ((), "und-Cyrl")
    assert "keep-it-clean.terms" in unread.not_read_by
    assert (direct.post, direct.findings) == ("p3", ())
