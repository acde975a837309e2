"""Fingerprints: by what a post is recognised again, and which posts go on only to be."""

from __future__ import annotations

from typing import Any

import pytest

from events.signals import Fingerprints, PostScreened
from services.screening.fingerprints import DOMAINS_MAX, DOMAINS_SEEN_MAX, Popularity, beside
from services.screening.screen import Screen
from services.screening.text.fold import fold
from services.screening.text.hosts import find_links
from services.screening.window import WINDOW_MS
from tests.support.screening import (
    KEY,
    contents_of,
    event,
    post_record,
    record,
    screen_with,
    screened,
    signals_of,
)

TALK = "I wrote down how we did our migration last year, it may help you"
LINK = "https://ponies-and-cats.biz/notes/7"


def posts_of(screen: Screen, *records: Any) -> list[PostScreened]:
    """What goes on."""
    return screened(screen.screen_posts(records))


def prints(body: str, **data: Any) -> Fingerprints | None:
    """The fingerprints of a post that goes on; None where it doesn't, or has none."""
    found = posts_of(screen_with(), post_record(body, **data))
    return found[0].fingerprints if found else None


# --- which posts go on -------------------------------------------------------------------------------------


def test_a_post_with_neither_finding_nor_link_does_not_go_on() -> None:
    """As ever."""
    assert posts_of(screen_with(), post_record(TALK)) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/some/thing",
        "https://docs.vendor-of-something.com/setup",
        "https://en.wikipedia.org/wiki/Retention",
        "https://developer.vendor-of-something.com/api",
    ],
)
def test_a_link_to_a_host_of_references_does_not_go_on(link: str) -> None:
    """Documentation, code, encyclopedias: the policy lists them."""
    assert posts_of(screen_with(), post_record(f"{TALK}: {link}")) == []


def test_a_link_elsewhere_goes_on_with_fingerprints_and_its_text_apart() -> None:
    """A strike that it may earn later must be able to show it."""
    outputs = screen_with().screen_posts([post_record(f"{TALK}: {LINK}", thread="t1")])
    (post,) = screened(outputs)
    assert post.findings == ()
    assert post.fingerprints is not None
    assert len(post.fingerprints.domains) == 1
    assert post.content_ref == contents_of(outputs)[0].ref
    assert signals_of(outputs)[0].actor.kind == "account"


def test_nothing_of_text_or_domain_is_in_the_signal() -> None:
    """Keyed digests only."""
    outputs = screen_with().screen_posts([post_record(f"{TALK}: {LINK}")])
    (signal,) = [output.value or b"" for output in outputs if output.topic == "signals"]
    for word in (b"ponies", b"migration", b"biz"):
        assert word not in signal
    post = screened(outputs)[0].fingerprints
    assert post is not None
    assert all(value.startswith(f"{KEY.id}:") for value in (post.text or "", *post.domains))


def test_a_popular_domain_is_no_campaign_and_stops_going_on() -> None:
    """Ten thousand posts with one link cost a bounded number of signals."""
    screen = screen_with()
    records = [post_record(f"{TALK}: {LINK}", offset=n, author=f"a{n}", at_s=n * 0.05) for n in range(10_000)]
    assert len(posts_of(screen, *records)) == 20
    later = post_record(f"{TALK}: {LINK}", offset=10_001, author="late", at_s=10_000 * 0.05 + 601)
    assert len(posts_of(screen, later)) == 1


def test_popularity_is_rebuilt_from_the_window_s_posts() -> None:
    """A partition that moves decides the same."""
    records = [post_record(f"{TALK}: {LINK}", offset=n, author=f"a{n}", at_s=n) for n in range(30)]
    first, second = screen_with(), screen_with()
    posts_of(first, *records)
    second.observe(records)
    assert first.popularity._seen == second.popularity._seen  # what it holds is all that it is
    one = post_record(f"{TALK}: {LINK}", offset=40, author="z", at_s=31)
    assert posts_of(first, one) == posts_of(second, one) == []


def test_popularity_is_bounded_and_forgets() -> None:
    """Domains, and posts of each."""
    seen = Popularity()
    for n in range(DOMAINS_SEEN_MAX + 10):
        seen.add(find_links(f"https://a{n}.biz"), 0)
    assert len(seen._seen) == DOMAINS_SEEN_MAX  # as above
    seen.add(find_links("https://b.biz"), WINDOW_MS + 1)
    assert list(seen._seen) == ["b.biz"]  # as above
    assert seen.posts("b.biz", WINDOW_MS + 2) == 1


# --- what is the same --------------------------------------------------------------------------------------


def test_the_same_words_with_other_digits_signs_and_capitals_are_the_same_text() -> None:
    """And with another page of the same site."""
    first = prints(f"{TALK}: {LINK}")
    again = prints(f"{TALK.upper()}!!! 42 {LINK.replace('/7', '/8')}")
    assert first is not None
    assert first == again


def test_other_words_or_another_site_are_another_text() -> None:
    """A template that everybody fills in for himself is no campaign."""
    first, words, site = (
        prints(f"{TALK}: {LINK}"),
        prints(f"{TALK} too: {LINK}"),
        prints(f"{TALK}: https://another-blog-of-mine.biz/notes/7"),
    )
    assert first is not None
    assert words is not None
    assert site is not None
    assert len({first.text, words.text, site.text}) == 3


def test_a_link_with_hardly_a_word_is_known_by_its_domain_alone() -> None:
    """Three who share one article have said nothing together."""
    found = prints(f"interesting read {LINK}", reply_to={"post": "p0", "account": "bob"})
    assert found is not None
    assert found.text is None
    assert len(found.domains) == 1


def test_domains_are_registrable_ones_each_once_and_not_too_many() -> None:
    """`www.` and subdomains are no other site."""
    one = prints(f"{TALK} https://www.ponies-and-cats.biz/a https://shop.ponies-and-cats.biz/b")
    assert one is not None
    assert len(one.domains) == 1
    many = prints(TALK + " ".join(f" https://site-number-{n}.biz/x is one of them and" for n in range(9)))
    assert many is not None
    assert len(many.domains) == DOMAINS_MAX


def test_letters_beside_links_are_what_counts() -> None:
    """In any script."""
    text = fold(f"See {LINK} and раз, два 3!")
    assert beside(text, find_links(text)) == "seeandраздва"


# --- at whom -----------------------------------------------------------------------------------------------


def test_a_post_in_which_something_is_found_says_at_whom_it_is_directed() -> None:
    """Whom it answers first, then whom it mentions; never the author."""
    found = posts_of(
        screen_with(),
        post_record(
            "You are an idiot", reply_to={"post": "p0", "account": "bob"}, mentions=["cas", "bob", "ada"]
        ),
    )
    assert found[0].targets == ("bob", "cas")


def test_who_mentions_many_speaks_to_nobody_in_particular() -> None:
    """But whom the post answers is still answered."""
    crowd = [f"m{n}" for n in range(9)]
    (post,) = posts_of(screen_with(), post_record("You are an idiot", mentions=crowd))
    assert post.targets == ()


def test_a_post_in_which_nothing_is_found_names_nobody() -> None:
    """Whom people talk to is nobody's business."""
    (post,) = posts_of(screen_with(), post_record(f"{TALK}: {LINK}", mentions=["bob"]))
    assert post.targets == ()


# --- edits -------------------------------------------------------------------------------------------------


def test_an_edit_without_anything_left_to_recognise_has_no_fingerprints() -> None:
    """So that what was remembered of the post is forgotten."""
    edit = event("post.edited", "ada", {"post": "p1", "revision": 2, "body": TALK})
    (post,) = posts_of(screen_with(), record("posts", edit))
    assert (post.change, post.fingerprints) == ("edited", None)


# --- asking somebody to stop -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Please stop messaging me",
        "I have asked you twice now, leave me alone",
        "stop it now please",
        "don't contact me again",
    ],
)
def test_a_request_to_stop_goes_on_and_is_no_violation(text: str) -> None:
    """It says from when on a hostile post is badgering."""
    (post,) = posts_of(screen_with(), post_record(text, reply_to={"post": "p0", "account": "bob"}))
    assert [(f.case, f.mode) for f in post.findings] == [("asked-to-stop", "allowed")]
    assert post.targets == ("bob",)


@pytest.mark.parametrize(
    "text",
    [
        "The worker should stop pinging me on every deploy, how do I configure that? " * 3,
        'He wrote: "leave me alone" and then the build passed',
    ],
)
def test_talk_about_stopping_is_no_request(text: str) -> None:
    """A long post, or a quotation."""
    found = posts_of(screen_with(), post_record(text, reply_to={"post": "p0", "account": "bob"}))
    assert [f.case for post in found for f in post.findings if f.case == "asked-to-stop"] == []


def test_a_request_to_nobody_is_none() -> None:
    """Somebody has to be asked."""
    assert posts_of(screen_with(), post_record("Please stop messaging me")) == []


# --- blocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocked", [True, False])
def test_a_block_goes_to_the_account_that_blocks(blocked: bool) -> None:
    """It passes it on."""
    sent = event("account.blocked", "ada", {"account": "bob", "blocked": blocked})
    (signal,) = signals_of(screen_with().screen("accounts", record("accounts", sent)))
    assert signal.entity == "account:ada"
    body = signal.body
    assert (body.account, body.other, body.refused) == ("ada", "bob", blocked)  # type: ignore[union-attr]  # it is one


def test_a_decision_about_a_campaign_goes_to_the_campaign() -> None:
    """One about an account to the account, whatever that is called."""
    for subject, entity in (("campaign:3fa", "campaign:3fa"), ("campaign:3fa9", "account:campaign:3fa9")):
        data = {
            "target": {"kind": "case", "id": "c1"},
            "version": 1,
            "actor": {"id": "mod-ann", "capabilities": []},
            "reason": "a form letter",
        }
        sent = event("decision.dismiss", subject, data)
        (signal,) = signals_of(
            screen_with().screen("decisions", record("decisions", sent, key=entity.encode()))
        )
        assert signal.entity == entity
