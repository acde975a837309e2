"""Events twice, late or before what they are about, and a clock that jumps: the same comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from events.codec import encode
from events.ledger import Standing
from events.signals import Signal
from services.enforcement.partition import Partition
from tests.model.histories import Play, from_seed
from tests.support.policies import small_policy
from tests.support.signals import activation_signal, day, post_signal, posted, report_signal, tick_signal
from tests.support.world import Input, World
from tests.unit.enforcement.desk import Desk, found
from tests.unit.enforcement.test_partition import Ran, run

pytestmark = [pytest.mark.fault]

POLICY = small_policy()
ACCOUNTS = 5
POSTS = 40
END = 500.0
HISTORY_STEPS = 40


def posts(since: int = 0) -> list[Signal]:
    """Posts of a few accounts in which something is found, a day apart."""
    return [
        post_signal(
            f"a{n % ACCOUNTS}",
            posted(f"a{n % ACCOUNTS}", f"p{n}", found(1 + n % 3)),
            day(n),
            policy_version=POLICY.version,
        )
        for n in range(since, since + POSTS)
    ]


def reports() -> list[Signal]:
    """Reports of some of these posts, each by somebody else."""
    return [
        report_signal(f"r{n}", f"report-{n}", f"a{n % ACCOUNTS}", day(POSTS), post=f"p{n}", reason="no-spam")
        for n in range(0, POSTS, 3)
    ]


def records(signals: Sequence[Signal]) -> list[Any]:
    """Records of one partition, after an activation and a first tick."""
    begun = [activation_signal(0, POLICY.version, 0, day(0)), tick_signal(0, day(0))]
    return [
        Input("signals", 0, offset, 0, signal.entity.encode(), encode(signal))
        for offset, signal in enumerate([*begun, *signals])
    ]


def facts(ran: Ran) -> tuple[list[bytes], Any]:
    """What can't depend on how often something came."""
    return ran.ledger, ran.states


@pytest.mark.parametrize(
    ("sizes", "restart"), [((10_000,), False), ((7,), False), ((1,), True)], ids=["batch", "later", "restart"]
)
def test_an_event_that_comes_again_counts_once(sizes: tuple[int, ...], restart: bool) -> None:
    """In the same batch, in a later one, and after a restart from the changelog."""
    once = [*posts(), *reports()]
    again = [signal for signal in once for _ in range(2)] + once[: POSTS // 2]
    assert facts(run(records(again), sizes, restart=restart)) == facts(run(records(once)))


def test_a_report_before_its_post_ends_as_one_after_it() -> None:
    """The case is opened by whichever comes first; strike, standing and what is hidden are the same."""
    early, late = Desk(), Desk()
    early.report("bob", "p9")
    early.post("p9", found(2))
    late.post("p9", found(2))
    late.report("bob", "p9")
    assert early.standing == late.standing
    assert early.hidden() == late.hidden() == {"p9"}
    assert [case.open for case in early.view.cases.values()] == [True]
    assert [case.open for case in late.view.cases.values()] == [True]


def test_a_post_before_its_account_counts_as_a_members() -> None:
    """Who is unknown is a member; registering later changes neither strike nor points."""
    before, after = Desk(), Desk()
    before.post("p1", found(2))
    before.know(kind="person")
    after.know(kind="person")
    after.post("p1", found(2))
    assert before.row("p1").status == "active"
    assert before.standing.active_points == after.standing.active_points > 0
    assert before.standing.account_kind == after.standing.account_kind == "person"


def standing_of(world: World) -> Standing:
    """The account's standing; how many entries led to it differs with the ticks."""
    standing = world.view.standing("ann")
    assert standing is not None
    return replace(standing, version=0)


@pytest.mark.parametrize("seed", range(20))
def test_a_clock_that_jumps_comes_to_the_same_standing(seed: int) -> None:
    """All that was due meanwhile is done at the one tick after it; then one that ran evenly says the same."""
    jumping, even = Play(), Play()
    for play in (jumping, even):
        play.run(from_seed(seed, HISTORY_STEPS))
    end = jumping.at + (day(END) - day(0))
    jumping.world.send(tick_signal(0, end))
    at = even.at
    while at < end:
        at = min(end, at + (day(Random(seed).uniform(0.5, 5)) - day(0)))
        even.world.advance(at)
    assert standing_of(jumping.world) == standing_of(even.world)
    assert outcome(jumping.world) == outcome(even.world)


def outcome(world: World) -> dict[str, Any]:
    """What has become of every strike, sanction and case."""
    view = world.view
    found: dict[str, Any] = {strike.id: strike.status for strike in view.strikes.values()}
    found |= {sanction.id: sanction.over for sanction in view.sanctions.values()}
    return found | {case.id: (case.open, case.result) for case in view.cases.values()}


def test_a_clock_that_is_set_back_takes_nothing_back() -> None:
    """Older ticks are heard and change nothing."""
    desk = Desk()
    desk.post("p1", found(1))
    desk.clock(END)
    before = (desk.world.now, desk.standing, len(desk.world.ledger))
    for at in (END - 1, 0.0, END):
        desk.send(tick_signal(0, day(at)))
        assert (desk.world.now, desk.standing, len(desk.world.ledger)) == before


@pytest.mark.parametrize("seed", range(20))
def test_late_events_in_any_order_are_each_judged_once(seed: int) -> None:
    """Held up and delivered together: every post is struck or folded once, however they are shuffled."""
    late = posts()
    Random(seed).shuffle(late)
    part = Partition(0, "", {POLICY.version: POLICY})
    sent = records([tick_signal(0, day(POSTS)), *late])
    made = part.step(sent)
    assert made.next_offset == len(sent)
    assert not made.dead
    entries = [value for topic, _, value, _, _ in made.records if topic == "ledger"]
    assert len(entries) == POSTS
