"""Following policies and activations, on a simulated log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from events.control import activation_requested, advance_requested
from events.policy import Policy
from services.runtime.policies import RETRY_S, PolicySource
from tests.contract.worlds import Pair, Simulated
from tests.fake.log import Process
from tests.support.policies import small_policy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND = small_policy(), small_policy(name="second")


def text(policy: Policy, version: str | None = None) -> Pair:
    """A record of `policies`."""
    return (version or policy.version).encode(), policy.canonical


def request(policy: Policy) -> Pair:
    """A record of `control`."""
    return None, activation_requested(policy.version, "ada", NOON).model_dump_json().encode()


def play(scene: Callable[[Simulated, PolicySource, Process], Awaitable[None]]) -> None:
    """Run a scene with a source that isn't started yet."""
    world = Simulated()

    async def main() -> None:
        await world.create("policies", "control", partitions=1)
        process = world.process()
        source = PolicySource(process, world.prefix)
        try:
            await scene(world, source, process)
        finally:
            await source.stop()

    world.run(main())


def test_everything_that_was_written_before_is_known_at_the_start() -> None:
    """A worker begins with the policy in force, not with the first one there ever was."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        await world.produce("policies", [text(FIRST), text(SECOND)])
        await world.produce("control", [request(FIRST), request(SECOND)])
        await source.start()
        assert source.latest() == (1, SECOND)
        assert set(source.policies) == {FIRST.version, SECOND.version}
        assert source.activations() == ((0, FIRST.version), (1, SECOND.version))
        assert source.reasons() == []

    play(scene)


def test_an_activation_without_its_text_does_not_hide_the_one_before() -> None:
    """Work goes on under the policy in force until the new text is there."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        await world.produce("policies", [text(FIRST)])
        await world.produce("control", [request(FIRST), request(SECOND)])
        await source.start()
        assert source.latest() == (0, FIRST)
        await world.produce("policies", [text(SECOND)])
        await source.require(SECOND.version)
        assert source.latest() == (1, SECOND)

    play(scene)


def test_whoever_needs_a_version_waits_and_says_so() -> None:
    """The reason names the version and what to do, and goes away with the wait."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        await source.start()
        waiting = asyncio.ensure_future(source.require(FIRST.version))
        await asyncio.sleep(1)
        assert not waiting.done()
        [reason] = source.reasons()
        assert FIRST.version[:12] in reason
        assert "goodstanding policy activate" in reason
        await world.produce("policies", [text(FIRST)])
        assert await waiting == FIRST
        assert source.reasons() == []

    play(scene)


def test_a_worker_that_is_started_first_waits_for_the_first_activation() -> None:
    """The order in which a deployment is started doesn't matter."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        running = asyncio.ensure_future(source.run())
        waiting = asyncio.ensure_future(source.wait_latest())
        await asyncio.sleep(1)
        assert any("no policy is activated" in reason for reason in source.reasons())
        await world.produce("policies", [text(FIRST)])
        await world.produce("control", [request(FIRST)])
        assert await waiting == (0, FIRST)
        source.drain()
        await running

    play(scene)


def test_a_text_that_does_not_hash_to_its_key_is_refused_loudly(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever writes to `policies` can't pass one policy off as another."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        await world.produce("policies", [text(SECOND, FIRST.version), (b"\xff", b"{"), (None, b"{}")])
        await source.start()
        assert dict(source.policies) == {}
        waiting = asyncio.ensure_future(source.require(FIRST.version))
        await asyncio.sleep(0.1)
        assert "hashes to" in source.reasons()[0]
        await world.produce("policies", [text(FIRST)])
        assert await waiting == FIRST

    with caplog.at_level(logging.ERROR):
        play(scene)
    assert "hashes to" in caplog.text


def test_a_second_text_or_a_deletion_does_not_take_a_known_policy_away() -> None:
    """What a strike was priced by stays readable while the process lives."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        await world.produce("policies", [text(FIRST)])
        await source.start()
        await world.produce(
            "policies", [text(SECOND, FIRST.version), (FIRST.version.encode(), None), text(SECOND)]
        )
        await source.require(SECOND.version)
        assert source.policies[FIRST.version] == FIRST

    play(scene)


def test_other_records_of_control_activate_nothing() -> None:
    """Requests to the clock and rubbish are the clock's business."""

    async def scene(world: Simulated, source: PolicySource, _: Process) -> None:
        advance = advance_requested(NOON, "ada", NOON).model_dump_json().encode()
        await world.produce("policies", [text(FIRST)])
        await world.produce("control", [(None, advance), (None, b"{"), (None, None), request(FIRST)])
        await source.start()
        assert source.latest() == (3, FIRST)

    play(scene)


def test_a_broker_that_goes_away_is_asked_again() -> None:
    """Following goes on where it stood."""

    async def scene(world: Simulated, source: PolicySource, process: Process) -> None:
        await world.produce("policies", [text(FIRST)])
        await source.start()
        failures = iter(range(3))

        def away(_: str) -> None:
            if next(failures, None) is not None:
                raise KafkaConnectionError("gone")

        process.on_point = away
        await asyncio.sleep(10 * RETRY_S)
        await world.produce("policies", [text(SECOND)])
        assert await source.require(SECOND.version) == SECOND
        assert source.policies[FIRST.version] == FIRST

    play(scene)


def test_waiting_ends_with_the_source() -> None:
    """Nobody waits for ever on a source that was stopped."""

    async def scene(_: Simulated, source: PolicySource, __: Process) -> None:
        await source.start()
        waiting: asyncio.Future[Any] = asyncio.ensure_future(source.require(FIRST.version))
        await asyncio.sleep(0.1)
        await source.stop()
        with pytest.raises((RuntimeError, asyncio.CancelledError)):
            await waiting

    play(scene)
