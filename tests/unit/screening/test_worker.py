from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from prometheus_client import REGISTRY

from events.policy import Policy
from services.runtime.stage import Batch, Record
from services.screening import worker
from services.screening.breaker import Breakers
from services.screening.guidelines import RULES
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen
from services.screening.worker import Screening, ScreeningCore
from tests.support.policies import community
from tests.support.screening import (
    KEY,
    InputRecord,
    default_rulebook,
    event,
    post_record,
    record,
    screened,
)
from tests.unit.screening.test_screen import Brittle, Mended


class FakePolicies:
    """Policies that are there when the test says so."""

    def __init__(self, *latest: tuple[int, Policy]) -> None:
        self.latest_one: tuple[int, Policy] | None = latest[0] if latest else None
        self.there = asyncio.Event()

    def latest(self) -> tuple[int, Policy] | None:
        """As the test has set it."""
        return self.latest_one

    async def wait_latest(self) -> tuple[int, Policy]:
        """Wait until the test has set one."""
        while self.latest_one is None:
            await self.there.wait()
        return self.latest_one


class FakeRereader:
    """Reads a list again."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.asked: list[tuple[int, int]] = []

    async def read(
        self, _topic: str, _partition: int, start: int, end: int, records_max: int
    ) -> Sequence[Record]:
        """Those of the range."""
        self.asked.append((start, end))
        return [one for one in self.records if start <= one.offset < end][:records_max]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Versions of the policies that were compiled; the default one isn't compiled again."""
    versions: list[str] = []

    def compile_policy(policy: Policy, **_: object) -> Rulebook:
        versions.append(policy.version)
        return default_rulebook() if policy.version == community().version else Rulebook(policy, (Mended,))

    monkeypatch.setattr(worker, "Rulebook", compile_policy)
    return versions


async def stepped(
    stage: Screening, core: ScreeningCore, records: Mapping[str, Sequence[InputRecord]]
) -> Batch:
    """A batch as the engine does it."""
    await stage.prepare(core, records)
    return core.step(records)


def core_of(stage: Screening) -> ScreeningCore:
    """A core of partition 0."""
    core = stage.core(0)
    assert isinstance(core, ScreeningCore)
    return core


@pytest.mark.usefixtures("compiled")
async def test_a_batch_of_every_topic_is_screened() -> None:
    """Outputs of all, offsets of each, and a guard that says by which policy."""
    stage = Screening(FakePolicies((4, community())), KEY)
    core = core_of(stage)
    core.resume(None)
    batch = await stepped(
        stage,
        core,
        {
            "accounts": [record("accounts", event("account.closed", "ada", {}), offset=11)],
            "posts": [
                post_record("hello", offset=20),
                post_record("fuck", offset=21),
                record("posts", b"{", offset=22),
            ],
        },
    )
    assert batch.next_offsets == {"accounts": 12, "posts": 23}
    assert [output.topic for output in batch.outputs] == ["signals", "contents", "signals", "dead_letters"]
    guard = json.loads(batch.guard)
    assert (guard["sequence"], guard["policy_version"]) == (4, community().version)


async def test_nothing_is_screened_before_there_is_a_policy(compiled: list[str]) -> None:
    """The batch waits, however long."""
    policies = FakePolicies()
    stage = Screening(policies, KEY)
    core = core_of(stage)
    waiting = asyncio.create_task(stage.prepare(core, {}))
    await asyncio.sleep(0)
    assert not waiting.done()
    policies.latest_one = (1, community())
    policies.there.set()
    await waiting
    assert compiled == [community().version]


async def test_a_policy_is_compiled_once_for_all_partitions(compiled: list[str]) -> None:
    """And taken up by each at its own batch's beginning."""
    stage = Screening(FakePolicies((1, community())), KEY)
    for partition in range(3):
        core = stage.core(partition)
        await stage.prepare(core, {})
        core.step({"posts": [post_record("hello")]})
    assert len(compiled) == 1


@pytest.mark.usefixtures("compiled")
async def test_an_older_policy_than_the_one_in_force_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that restarts doesn't go back to what was in force before."""
    monkeypatch.setattr(worker, "POLICY_WAIT_S", 0.001)
    policies = FakePolicies((4, community()))
    stage = Screening(policies, KEY)
    first = core_of(stage)
    batch = await stepped(stage, first, {"posts": [post_record("hello")]})
    policies.latest_one = (2, community())
    again = core_of(stage)
    again.resume(batch.guard)
    waiting = asyncio.create_task(stage.prepare(again, {}))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    policies.latest_one = (4, community())
    await waiting


async def test_what_a_broken_rule_missed_is_read_again_under_the_next_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, in the batch after the new policy was taken up.

    In the same transaction as that batch's own outputs.
    """
    fields = community().model_dump() | {"breaker": {"failures": 2, "events": 10}}
    policy = Policy.model_validate(fields | {"rules": {"no-spam.brittle": {}}})
    mended = Policy.model_validate(fields | {"rules": {"no-spam.brittle": {}}, "name": "mended"})
    books = {policy.version: Rulebook(policy, (Brittle,)), mended.version: Rulebook(mended, (Mended,))}
    monkeypatch.setattr(worker, "Rulebook", lambda wanted, **_: books[wanted.version])
    records = [post_record("crash", offset=n) for n in range(2)] + [post_record("marble", offset=2)]
    policies, rereader = FakePolicies((1, policy)), FakeRereader(records)
    stage = Screening(policies, KEY, rereader)
    batch = await stepped(stage, core_of(stage), {"posts": records})
    policies.latest_one = (2, mended)
    core = core_of(stage)
    core.resume(batch.guard)
    batch = await stepped(stage, core, {"posts": [post_record("hello", offset=3)]})
    assert rereader.asked == [(2, 3)]
    assert [post.post for post in screened(batch.outputs)] == ["p2"]
    await stepped(stage, core, {"posts": [post_record("hello", offset=4)]})
    assert rereader.asked == [(2, 3)]


def sample(name: str, **labels: str) -> float:
    """A metric's value; 0 where nothing was counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_suspended_rule_and_what_it_misses_can_be_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suspension, that it lasts, and the posts that wait; all of it is over once they were seen."""
    fields = community().model_dump() | {"breaker": {"failures": 2, "events": 10}}
    policy = Policy.model_validate(fields | {"rules": {"no-spam.brittle": {}}})
    mended = Policy.model_validate(fields | {"rules": {"no-spam.brittle": {}}, "name": "mended"})
    books = {policy.version: Rulebook(policy, (Brittle,)), mended.version: Rulebook(mended, (Mended,))}
    monkeypatch.setattr(worker, "Rulebook", lambda wanted, **_: books[wanted.version])
    records = [post_record("crash", offset=n) for n in range(2)]
    records += [post_record("marble", offset=n) for n in (2, 3)]
    policies, at = FakePolicies((1, policy)), {"partition": "0"}
    stage = Screening(policies, KEY, FakeRereader(records))
    core = core_of(stage)
    suspensions = sample("goodstanding_rule_suspensions_total", rule="no-spam.brittle")
    await stepped(stage, core, {"posts": records})
    assert sample("goodstanding_rule_suspensions_total", rule="no-spam.brittle") == suspensions + 1
    assert sample("goodstanding_suspended_rules", **at) == 1
    assert sample("goodstanding_missed_posts", **at) == 2
    policies.latest_one = (2, mended)
    await stepped(stage, core, {"posts": [post_record("hello", offset=4)]})
    assert sample("goodstanding_suspended_rules", **at) == 0
    assert sample("goodstanding_missed_posts", **at) == 0


@pytest.mark.usefixtures("compiled")
async def test_posts_in_a_script_that_a_rule_cannot_read_are_counted() -> None:
    """By script: they were cleared by nobody."""
    stage = Screening(FakePolicies((1, community())), KEY)
    core = core_of(stage)
    before = sample("goodstanding_unread_posts_total", script="und-Cyrl")
    russian = "Как построить воронку продаж для нового проекта"
    await stepped(stage, core, {"posts": [post_record(russian, offset=1), post_record("hello", offset=2)]})
    assert sample("goodstanding_unread_posts_total", script="und-Cyrl") == before + 1


def test_the_guard_is_read_back() -> None:
    """What one build writes, the next resumes from."""
    core = ScreeningCore(0, Screen(KEY))
    core.resume(msgspec.json.encode(worker.Guard(7, "v", Breakers(digest="d", seen=5))))
    assert core.sequence == 7


def test_all_default_rules_are_compiled_by_default() -> None:
    """The list of rules is the stage's own."""
    assert {active.name for active in default_rulebook().rules} == {rule.contract.name for rule in RULES}
