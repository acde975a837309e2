"""Two builds side by side, as while workers are exchanged one at a time: both read what both write."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.codec import decode_entry, decode_signal
from services.enforcement.state import decode_state, encode_state
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import logs, settings  # noqa: F401  # fixtures
from tests.fault.fleet import COUNTED, PROJECT, under_load
from tests.support.policies import small_policy
from tests.unit.enforcement.desk import Desk, found
from tests.verifier.__main__ import Run
from tests.verifier.reading import Deployment as Read

pytestmark = [pytest.mark.fault]

GOLDEN = PROJECT / "tests" / "golden"
ADDED = {"added_by_another_build": {"of": ["a", "later", "day"]}}
SEED = 36
TURNS = 6
TURN_S = 6.0


def added(thing: Any) -> Any:
    """The same message with a field more in every object of it, as a later build might write it."""
    if isinstance(thing, list):
        return [added(one) for one in thing]
    if isinstance(thing, dict):
        return {name: added(value) for name, value in thing.items()} | ADDED
    return thing


@pytest.mark.parametrize("path", sorted((GOLDEN / "signals").glob("*.json")), ids=lambda path: path.stem)
def test_a_signal_in_which_another_build_says_more_is_read(path: Path) -> None:
    """What this build knows of it means the same."""
    data = path.read_bytes()
    more = {
        name: added(value) if name == "body" else value for name, value in json.loads(data).items()
    } | ADDED
    assert decode_signal(json.dumps(more).encode()).entity == decode_signal(data).entity
    whole = json.loads(data) | ADDED
    assert decode_signal(json.dumps(whole).encode()) == decode_signal(data)


@pytest.mark.parametrize("path", sorted((GOLDEN / "ledger").glob("*.json")), ids=lambda path: path.stem)
def test_an_entry_in_which_another_build_says_more_is_read(path: Path) -> None:
    """By whoever projects or replays the ledger."""
    data = path.read_bytes()
    assert decode_entry(json.dumps(json.loads(data) | ADDED).encode()) == decode_entry(data)


def test_the_state_of_another_schema_is_refused() -> None:
    """It can't be known what it means."""
    desk = Desk()
    desk.post("p1", found(2))
    newer = msgspec.msgpack.decode(encode_state(desk.state)) | {"schema": desk.state.schema + 1}
    with pytest.raises(ValueError, match="state of schema"):
        decode_state(msgspec.msgpack.encode(newer))


def test_the_state_in_which_another_build_keeps_more_is_refused() -> None:
    """It would be cut down by the first signal that this build applies, and the other build would miss it."""
    desk = Desk()
    desk.post("p1", found(2))
    with pytest.raises((ValueError, msgspec.ValidationError)):
        decode_state(msgspec.msgpack.encode(msgspec.msgpack.decode(encode_state(desk.state)) | ADDED))


def earlier(folder: Path) -> Path:
    """The last build before this one that may decide otherwise, unpacked; skips where there is no history."""
    asked = ["git", "log", "-1", "--skip=1", "--format=%H", "--", "services/enforcement", "events"]
    told = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=False)
    if told.returncode != 0 or not told.stdout.strip():
        pytest.skip("there is no history to take an earlier build from")
    tree = folder / "earlier"
    tree.mkdir()
    archive = subprocess.run(
        ["git", "archive", told.stdout.strip()], cwd=PROJECT, capture_output=True, check=True
    )
    subprocess.run(["tar", "xf", "-", "-C", str(tree)], input=archive.stdout, check=True)
    sys.stdout.write(f"the earlier build is {told.stdout}")
    return tree


async def agreed(settings: Settings) -> None:  # noqa: F811
    """By the verifier, of what can be proved without deciding the other build's entries again."""
    run = Run(Read(settings.bootstrap_servers, settings.topic_prefix), SEED, settings.postgres_dsn, None)
    try:
        await run.deployment.open()
        await run.read()
        run.chain()
        run._ids()
        await run.projected()
    finally:
        await run.deployment.close()


@pytest.mark.kafka
@pytest.mark.long
@pytest.mark.timeout(600)
async def test_an_earlier_build_works_beside_this_one(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Partitions go back and forth; the chain is whole, no id comes twice, and rows equal the ledger.

    Both work under a policy that both can read. What each of them decides is its own; this build decides its
    own entries again, and folds those of the other.
    """
    tree = earlier(tmp_path)
    dice = random.Random(SEED)
    async with under_load(settings, logs, SEED, small_policy(), agreed) as fleet:
        for turn in range(TURNS):
            for stage in COUNTED:
                name = f"{stage}-earlier"
                if turn:
                    fleet.kill(name)
                fleet.start(name, stage, project=tree)
                if turn % 2:
                    fleet.kill(stage)
                    fleet.start(stage, stage)
            await asyncio.sleep(dice.uniform(TURN_S / 2, TURN_S))
        assert all(fleet.ended(name) is None for name in fleet.names), "a worker has ended by itself"
