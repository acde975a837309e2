"""Labelled cases of our own for guideline 6, on both sides of each trap."""

from __future__ import annotations

import pytest

from services.screening.digests import domain_form
from tests.support.screening import KEY, cases_on, findings_on, post_event, record, screen_with, screened

GUIDELINE = "no-selling"

SELLING = [
    "We just launched our new tool, get 20% off at https://shop.example/?ref=me",
    "Check out our agency, book a demo today: https://agency.example",
    "Use my code SAVE10 for a discount, buy now at https://bit.ly/3abc",
    "I'm the founder of Chartly and we help teams grow. Sign up for free: www.chartly-app.com",
    "Please subscribe to my newsletter and check out my course https://courses.example.io/start",
    "Special offer, limited time only, order now: cheap-followers.shop",
    "Our SEO services bring you backlinks for $99, contact us for a free quote at https://seo-agency.biz",
]
PROSPECTING = [
    "I offer growth consulting at 50 dollars an hour, message me for a quote",
    "Available for freelance work, hire me, DM me for my rates",
    "Looking for new clients! I provide dashboards as a service, book a call with me",
]
NOT_SELLING = [
    "Where can I buy a licence for the on-premise edition? https://vendor.example/pricing",
    "Does anyone know a coupon for the conference? https://conf.example",
    "The docs at https://docs.vendor.example/funnels explain it",
    "See https://github.com/someone/tool/issues/12 for the workaround",
    "Our company tracks offers and discounts as event properties, how do you name them?",
    "We have been happy with the open source one for that, see https://opensource.example/handbook/metrics",
    "I keep getting this spam: 'buy now, limited time offer https://scam.example' please ban them",
    "Plan A is $25 and plan B is $99, which one has group analytics?",
    "vote for this feature request please",
    "our product has a checkout funnel with a discount step",
    "our website sends page views twice, why?",
    "I built a small script in node.js, main.py and readme.md are attached",
    "Version 2.0.com is not a host, see config.yaml and asp.net",
]


@pytest.mark.parametrize("text", SELLING)
def test_selling_with_a_link_is_enforced(text: str) -> None:
    """Several signs of selling and a link are a commercial link, whoever's domain it is."""
    assert cases_on(text, GUIDELINE).get("commercial-link") == "enforce"


@pytest.mark.parametrize("text", PROSPECTING)
def test_looking_for_customers_needs_no_link(text: str) -> None:
    """Prospecting is found without any link, and is enforced or goes to a person."""
    assert cases_on(text, GUIDELINE).get("prospecting") in {"enforce", "review"}


@pytest.mark.parametrize("text", NOT_SELLING)
def test_ordinary_talk_about_products_is_no_selling(text: str) -> None:
    """Asking, comparing, referring and complaining have no effect unless the domain is one's own."""
    assert set(cases_on(text, GUIDELINE)) <= {"recommendation"}


def test_whose_domain_it_is_is_left_to_the_profile() -> None:
    """A recommendation is allowed; where the domain is the author's own, it is a commercial link instead."""
    (finding,) = findings_on("for that there is https://www.charts.example.co.uk", GUIDELINE)
    assert (finding.case, finding.mode) == ("recommendation", "allowed")
    assert finding.condition is not None
    assert (finding.condition.fact, finding.condition.case) == ("own_domain", "commercial-link")
    assert finding.condition.digest == KEY.digest("domain", domain_form("ada@example.co.uk"))


def test_the_same_host_again_and_again_counts_more() -> None:
    """From the third post within ten minutes that links to one host, repetition adds to the other signs."""
    text = "our tool does that: https://charts.example/how"
    screen = screen_with()
    found = []
    for number in range(4):
        sent = record(
            "posts", post_event(text, post=f"p{number}", thread=f"t{number}"), offset=number, at_s=number * 60
        )
        found += [
            finding.case
            for post in screened(screen.screen("posts", sent))
            for finding in post.findings
            if finding.guideline == GUIDELINE
        ]
    assert found == ["recommendation", "recommendation", "commercial-link", "commercial-link"]


@pytest.mark.parametrize(
    "text",
    [
        "Vote for the candidate who stands for us on Tuesday",
        "Sign the petition and donate to the campaign today",
    ],
)
def test_campaigning_goes_to_a_person(text: str) -> None:
    """Political campaigning is never enforced by a rule alone."""
    assert cases_on(text, GUIDELINE) == {"political-campaigning": "review"}


def test_a_quoted_advertisement_is_its_authors() -> None:
    """Quoting an advertisement isn't advertising."""
    body = "buy now, use my code at https://shop.example/?ref=me\nis this allowed here?"
    assert cases_on(body, GUIDELINE, quotes=[{"start": 0, "end": 52, "author": "bob"}]) == {}


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        ("Book a demo and hire me", "enforce"),
        ('Their page says "book a demo and hire me" in three places', "none"),
        ('"Book a demo and hire me"', "enforce"),
        ("How do I book a demo and hire me a helper?", "none"),
        ("How can you live without it? Book a demo and hire me", "enforce"),
    ],
)
def test_what_is_quoted_or_asked_is_no_sign(said: str, mode: str) -> None:
    """Between quotation marks in a sentence of the author's, or in a question that wants to know."""
    assert cases_on(said, GUIDELINE).get("prospecting", "none") == mode


def test_a_link_that_pays_is_never_sure_by_itself() -> None:
    """However many signs there are of a good price, the author asks nobody for anything."""
    praise = "this scheduler is great https://slotly.example/?ref=kate cheapest price, half price, 20% off"
    assert cases_on(praise, GUIDELINE) == {"commercial-link": "review"}
    assert cases_on(f"{praise}, sign up here", GUIDELINE) == {"commercial-link": "enforce"}


def test_one_phrase_within_another_counts_once() -> None:
    """What one phrase says is no reason twice."""
    (finding,) = findings_on("have a look at our pages: https://charts.example/how", GUIDELINE)
    assert finding.mode != "enforce"


@pytest.mark.parametrize(
    ("text", "selling"),
    [
        ("coming soon, thanks", False),
        ("coming soon, thanks!!", True),
        ("COMING SOON OUT, THANKS A LOT, everyone", True),
        ("coming soon, thanks, A LOT, OK", False),
    ],
)
def test_an_urge_and_a_plea_are_selling_only_where_they_are_loud(text: str, *, selling: bool) -> None:
    """30, 10 and 15 points are just the 55 that it takes: a post is passed over by no less."""
    assert ("prospecting" in cases_on(text, GUIDELINE)) is selling
