"""From words to strikes: what people write again and again, screened and decided, with the traps around it.

Own cases, which keep decisions from changing unseen; they are no measure of accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from events.ledger import FindingNoted, StrikeIssued
from tests.support.adding_up import registered
from tests.support.policies import community
from tests.support.screening import NOW, event, post_record, record, screen_with, signals_of
from tests.support.world import World

HOUR_S = 3_600
PEOPLE = ("ann", "bob", "cas", "dan", "eve")
PRAISE = "have you seen what they sell these days, it has changed how our whole team works"


def played(records: Sequence[Any], *, bots: Sequence[str] = (), new: Sequence[str] = ()) -> World:
    """The records through screening, and what it sends on through enforcement."""
    world = World(community())
    world.advance(NOW)
    for account in bots:
        world.send(registered(account, NOW, "bot"))
    for account in new:
        world.send(registered(account, NOW))
    screen = screen_with()
    for one in records:
        for signal in signals_of(screen.screen_posts([one])):
            world.send(signal)
    return world


def found(world: World) -> set[tuple[str, str, str]]:
    """Account, case and what came of it."""
    said = set()
    for entry in world.view.entries:
        for o in entry.outcomes:
            if isinstance(o, StrikeIssued):
                said.add((entry.entity.removeprefix("account:"), o.case, "strike"))
            elif isinstance(o, FindingNoted) and o.effect == "review":
                said.add((entry.entity.removeprefix("account:"), o.case, "review"))
    return said


def by_each(body: str, people: Sequence[str] = PEOPLE, every_s: float = 300, **data: Any) -> list[Any]:
    """Each of them posts it, one after the other."""
    return [
        post_record(body, offset=n, author=name, at_s=n * every_s, **data) for n, name in enumerate(people)
    ]


def again(body: str, times: int, every_s: float = 2 * HOUR_S, author: str = "ann", **data: Any) -> list[Any]:
    """One account posts it so often."""
    return [post_record(body, offset=n, author=author, at_s=n * every_s, **data) for n in range(times)]


def test_one_praise_for_one_site_by_several_accounts_is_a_campaign() -> None:
    """However they dress it up."""
    dressed = [PRAISE, PRAISE.upper(), PRAISE.replace(",", " ..."), f"{PRAISE}!!! 7", f"• {PRAISE}"]
    records = [
        post_record(f"{text} https://ponies-and-cats.biz/?n={n}", offset=n, author=name, at_s=n * 300)
        for n, (name, text) in enumerate(zip(PEOPLE, dressed, strict=True))
    ]
    assert {(name, "campaign", "strike") for name in PEOPLE} <= found(played(records))


@pytest.mark.parametrize(
    "body",
    [
        "+1",
        "thanks!",
        "Thank you so much, that worked",
        "Thank you so much for the quick answer, that solved it for me",
        "See the documentation: https://docs.vendor-of-something.com/setup/retention",
        "This is answered in the manual, have a look: https://github.com/some/thing/wiki",
        "Standup\nYesterday: reviews\nToday: reviews\nBlocked: no",
        "Hello everybody, I am new here and look forward to learning from you all",
        "https://www.nytimes.com/2030/01/01/technology/an-article-that-everybody-reads.html",
    ],
)
def test_what_everybody_says_is_no_campaign_and_no_repetition(body: str) -> None:
    """Agreement, thanks, documentation, templates, greetings, the news of the day."""
    assert found(played(by_each(body))) == set()
    assert found(played(again(body, 5))) == set()


def test_one_template_with_everybody_s_own_site_is_no_campaign() -> None:
    """They were asked to fill it in."""
    records = [
        post_record(
            f"Hi, I work at https://company-of-{name}.biz and look after our reports", offset=n, author=name
        )
        for n, name in enumerate(PEOPLE)
    ]
    assert {case for _, case, _ in found(played(records))} <= {"link-or-bait"}


def test_a_signature_below_different_answers_is_no_repetition() -> None:
    """But its site in many threads is for a person to see."""
    answers = ["try the other chart", "which version is that", "we saw this last week", "it is in the export"]
    records = [
        post_record(f"{text}\n--\nAnn, https://ann-writes.biz", offset=n, author="ann", at_s=n * HOUR_S)
        for n, text in enumerate(answers)
    ]
    assert {what for _, _, what in found(played(records))} == {"review"}


def test_one_site_under_several_names_in_many_threads_is_for_a_person() -> None:
    """Hosts of one domain are one site."""
    records = [
        post_record(f"{text} https://{name}.clay-of-ours.biz/{name}", offset=n, author="ann", at_s=n * 600)
        for n, (name, text) in enumerate(
            (
                ("blog", "there is more about it at"),
                ("shop", "for that you will need"),
                ("www", "the rest is at"),
            )
        )
    ]
    assert found(played(records)) == {("ann", "link-or-bait", "review")}


@pytest.mark.parametrize(
    "body",
    [
        "Welcome to the workshop! Please read the pinned post first, then say hello",
        "That's a known fault, it will be mended with tonight's update: https://docs.vendor-of-something.com/faults",
    ],
)
def test_the_same_answer_to_several_people_is_no_repetition(body: str) -> None:
    """They asked the same; but said to many, it is."""
    answers = [
        post_record(body, offset=n, author="ann", at_s=n * 60, reply_to={"post": f"q{n}", "account": name})
        for n, name in enumerate((*PEOPLE[1:], "fay", "gus"))
    ]
    assert found(played(answers[:4])) == set()
    assert ("ann", "repetition", "strike") in found(played(answers))


def test_the_same_offer_over_a_day_is_repetition() -> None:
    """Though ten minutes never see two of them."""
    said = found(played(again(f"{PRAISE} https://ponies-and-cats.biz", 3, 5 * HOUR_S)))
    assert ("ann", "repetition", "strike") in said


def test_a_bot_that_posts_its_report_each_hour_is_left_alone() -> None:
    """It repeats itself for a living."""
    report = again("Nightly build passed, see https://ci.our-builds.biz/latest for details of it", 6, HOUR_S)
    assert found(played(report, bots=["ann"])) == set()


def test_an_edit_doesn_t_repeat_the_post() -> None:
    """Nor do four of them."""
    body = f"{PRAISE} https://ponies-and-cats.biz"
    edits = [
        record(
            "posts",
            event("post.edited", "ann", {"post": "p0", "revision": n, "body": body}, id=f"edit-{n}"),
            offset=n,
            at_s=n * 60,
        )
        for n in range(2, 6)
    ]
    assert found(played([post_record(body, author="ann"), *edits])) == set()


def test_badgering_is_seen_from_what_is_written_in_answer_to_one_person() -> None:
    """With the request to stop, one insult is enough."""
    insults = [
        post_record(
            text, offset=n, author="ann", at_s=n * HOUR_S, reply_to={"post": f"q{n}", "account": "bob"}
        )
        for n, text in enumerate(("You are an idiot", "You're such a moron", "What an idiot you are, really"))
    ]
    assert ("ann", "badgering", "review") in found(played(insults))
    assert ("ann", "badgering", "review") not in found(played(insults[:2]))
    stop = post_record(
        "Leave me alone", offset=9, author="bob", at_s=-60, reply_to={"post": "q9", "account": "ann"}
    )
    assert ("ann", "badgering", "review") in found(played([stop, insults[0]]))


def test_a_pile_on_is_a_case_at_the_target() -> None:
    """Five answers within the hour."""
    records = by_each("You are an idiot", every_s=600, reply_to={"post": "q", "account": "zoe"})
    assert [row.subject for row in played(records).view.cases_of("zoe")] == ["pile-on:zoe"]
    assert played(records[:4]).view.cases_of("zoe") == []
