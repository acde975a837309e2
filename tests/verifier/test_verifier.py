"""The verifier notices what is missing, other or too much."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from events.codec import decode_entry, encode
from services.enforcement.partition import Partition
from services.enforcement.worker import EnforcementCore
from services.runtime.stage import Output
from tests.support.ledgers import small_world
from tests.support.world import Input, World
from tests.verifier import modelled, rerun, rows
from tests.verifier.reading import Unproved


@pytest.fixture
def world() -> World:
    """A world with a dozen entries."""
    return small_world()


def as_records(topic: str, values: list[bytes], key: bytes = b"account:ann") -> dict[int, Any]:
    """Values as the records of partition 0."""
    return {0: [Input(topic, 0, number, 0, key, value) for number, value in enumerate(values)]}


def compared(world: World, ledger: list[bytes]) -> modelled.Tally:
    """Hold the world's signals and some ledger against the model."""
    signals: dict[int, Any] = {0: world.records}
    return modelled.compare(signals, as_records("ledger", ledger), world.policies)


def outputs(world: World, size: int) -> list[Output]:
    """What a fresh core makes of the world's signals, in batches of this size."""
    core = EnforcementCore(Partition(0, "", world.policies))
    records: Any = world.records
    return rerun.rerun(core, "signals", records, size).outputs


def test_the_model_agrees_with_what_was_written(world: World) -> None:
    """Every entry is compared; signals that left none are counted."""
    tally = compared(world, world.ledger)
    assert tally.entries == len(world.ledger)
    assert not tally.skipped


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_missing_entry_is_noticed(world: World, place: int) -> None:
    """Wherever it is missing."""
    ledger = list(world.ledger)
    del ledger[place]
    with pytest.raises(Unproved):
        compared(world, ledger)


def test_an_entry_too_many_is_noticed(world: World) -> None:
    """A copy of the last one, that no signal led to."""
    with pytest.raises(Unproved):
        compared(world, [*world.ledger, world.ledger[-1]])


def test_another_standing_is_noticed(world: World) -> None:
    """One point more than the model counts."""
    ledger = list(world.ledger)
    entry = decode_entry(ledger[4])
    standing = msgspec.structs.replace(entry.standing, active_points=entry.standing.active_points + 1)
    ledger[4] = encode(msgspec.structs.replace(entry, standing=standing))
    with pytest.raises(Unproved, match="active_points"):
        compared(world, ledger)


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_batches_of_any_size_give_the_same_outputs(world: World, size: int) -> None:
    """And so the verifier may choose its own."""
    assert outputs(world, size) == outputs(world, 7)


@pytest.mark.parametrize("harm", ["missing", "doubled", "swapped", "stranger"])
def test_every_harm_to_a_topic_is_noticed(world: World, harm: str) -> None:
    """A record that is missing, there twice, in another place, or of a key that nothing led to."""
    expected = rerun.by_key(outputs(world, 5))["strikes"]
    ((key, values),) = expected.items()
    sent = [value or b"" for value in values]
    assert rerun.compare("strikes", expected, as_records("strikes", sent, key or b"")) == len(sent) > 2
    records = as_records("strikes", sent, key or b"")
    if harm == "missing":
        del records[0][1]
    elif harm == "doubled":
        records[0].append(records[0][-1])
    elif harm == "swapped":
        records[0][0], records[0][1] = records[0][1], records[0][0]
    else:
        records[0].append(Input("strikes", 0, 99, 0, b"nobody", b"{}"))
    with pytest.raises(Unproved, match="strikes"):
        rerun.compare("strikes", expected, records)


def test_rows_are_the_same_however_the_ledger_is_cut(world: World) -> None:
    """Folded one by one or all at once."""
    records = as_records("ledger", world.ledger)
    assert rows.folded(records, 1) == rows.folded(records, 1_000)
    assert rows.folded(records, 1) != rows.folded(as_records("ledger", world.ledger[:-1]), 1)
