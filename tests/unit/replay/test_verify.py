"""Whatever is done to a ledger is found, and the position is named."""

from __future__ import annotations

import msgspec
import pytest

from events.codec import decode_entry, encode
from events.ids import digest
from services.enforcement import ledgering
from services.enforcement.partition import DECIDERS
from services.replay import verify as replay_verify
from services.replay.chain import Fault, Head
from services.replay.verify import Report, verify
from tests.support.ledgers import head, small_world
from tests.support.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """A ledger of a dozen entries."""
    made = small_world()
    assert len(made.ledger) >= 10
    return made


def checked(world: World, entries: list[bytes], recorded: Head | None = None) -> Report:
    """Verify entries as partition 0."""
    return verify(
        [(0, offset, data) for offset, data in enumerate(entries)],
        world.policies,
        DECIDERS,
        recorded=[] if recorded is None else [{0: recorded}],
    )


def found(world: World, entries: list[bytes], recorded: Head | None = None) -> Fault:
    """The fault that verifying names."""
    fault = checked(world, entries, recorded).fault
    assert fault is not None
    return fault


def test_an_untouched_ledger_is_whole_and_decided_again(world: World) -> None:
    """Nothing is found where nothing was done, and every entry is decided again."""
    report = checked(world, world.ledger, head(world.ledger))
    assert report.fault is None
    assert report.entries == report.decided_again == len(world.ledger)
    assert report.heads == {0: head(world.ledger)}


def test_one_changed_byte_is_found_wherever_it_stands(world: World) -> None:
    """Each byte of an entry in the middle, changed alone, is found at that entry or the one after it."""
    place = len(world.ledger) // 2
    for index in range(0, len(world.ledger[place]), 7):
        entries = list(world.ledger)
        data = bytearray(entries[place])
        data[index] ^= 0x01
        entries[place] = bytes(data)
        fault = found(world, entries, head(world.ledger))
        assert fault.at.offset in {place, place + 1}, f"byte {index}: {fault}"


def test_a_changed_byte_in_the_last_entry_is_found_against_the_recorded_head(world: World) -> None:
    """The last entry has no successor; a head that was kept elsewhere takes its place."""
    entries = list(world.ledger)
    changed = entries[-1].replace(b'"correlation_id":"', b'"correlation_id":"x', 1)
    fault = found(world, [*entries[:-1], changed], head(entries))
    assert fault.at.offset == len(entries) - 1


@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_removed_entry_is_found(world: World, which: str) -> None:
    """The entry that now stands where one was removed is named; at the end, the first that is missing."""
    place = {"first": 0, "middle": len(world.ledger) // 2, "last": len(world.ledger) - 1}[which]
    entries = [*world.ledger[:place], *world.ledger[place + 1 :]]
    fault = found(world, entries, head(world.ledger))
    assert fault.at.offset == place
    assert "removed" in fault.what or "missing" in fault.what


def test_without_a_recorded_head_what_is_cut_off_is_not_missed(world: World) -> None:
    """Which is why heads are to be kept elsewhere."""
    assert checked(world, world.ledger[:-1]).whole


def test_two_swapped_entries_are_found(world: World) -> None:
    """The first of the two places is named."""
    place = 3
    entries = list(world.ledger)
    entries[place], entries[place + 1] = entries[place + 1], entries[place]
    assert found(world, entries, head(world.ledger)).at.offset == place


def test_an_added_entry_is_found(world: World) -> None:
    """A copy of an entry, put after it, is named."""
    entries = [*world.ledger[:4], world.ledger[3], *world.ledger[4:]]
    assert found(world, entries, head(world.ledger)).at.offset == 4


def forged(world: World, place: int, **fields: object) -> list[bytes]:
    """The ledger with one entry changed, and every later `previous` made to fit."""
    entries = list(world.ledger)
    entries[place] = encode(msgspec.structs.replace(decode_entry(entries[place]), **fields))
    for later in range(place + 1, len(entries)):
        fitting = msgspec.structs.replace(decode_entry(entries[later]), previous=digest(entries[later - 1]))
        entries[later] = encode(fitting)
    return entries


def test_a_forged_entry_is_found_though_the_chain_was_made_to_fit(world: World) -> None:
    """Somebody who can rewrite everything after it still can't make the decision come out that way."""
    place = len(world.ledger) // 2
    entry = decode_entry(world.ledger[place])
    standing = msgspec.structs.replace(entry.standing, active_points=entry.standing.active_points + 1)
    fault = found(world, forged(world, place, standing=standing))
    assert (fault.at.offset, fault.at.entity, fault.at.sequence) == (place, entry.entity, entry.sequence)
    assert "decided again" in fault.what


def test_an_entry_that_says_nothing_is_found(world: World) -> None:
    """A signal that was applied before leaves no entry, so none that says just that may stand there."""
    last = decode_entry(world.ledger[-1])
    again = msgspec.structs.replace(
        last, sequence=last.sequence + 1, outcomes=(), emitted=(), previous=digest(world.ledger[-1])
    )
    fault = found(world, [*world.ledger, encode(again)])
    assert fault.at.offset == len(world.ledger)
    assert "no effect" in fault.what


@pytest.mark.parametrize("limit", ["ENTRY_BYTES_MAX", "STATE_BYTES_MAX"])
def test_an_entry_that_could_not_have_been_written_is_found(
    world: World, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes to more than can be recorded, or kept, is recorded as just that."""
    monkeypatch.setattr(replay_verify, "STATE_UNMEASURED_BYTES_MAX", 0)
    for module in (replay_verify, ledgering):
        monkeypatch.setattr(module, limit, 10)
    fault = found(world, world.ledger)
    assert fault.at.offset == 0
    assert "comes out differently" in fault.what


def test_a_forged_standing_of_another_build_is_found_by_folding(world: World) -> None:
    """What this build didn't decide isn't decided again, but its outcomes must still lead to its standing."""
    place = len(world.ledger) // 2
    entry = decode_entry(world.ledger[place])
    standing = msgspec.structs.replace(entry.standing, active_points=entry.standing.active_points + 1)
    fault = found(world, forged(world, place, standing=standing, decider_version="another"))
    assert fault.at.offset == place
    assert "another standing" in fault.what


def test_what_another_build_decided_is_counted_as_such(world: World) -> None:
    """It is verified by chain and fold, and the report says by whom it was decided."""
    report = checked(world, forged(world, 2, decider_version="older"))
    assert report.fault is None
    assert report.other_builds == {"older": 1}
    assert report.decided_again == len(world.ledger) - 1


def rechained(entries: list[bytes]) -> list[bytes]:
    """Entries with every `previous` made to fit the bytes before it, and no byte else changed."""
    fitting: list[bytes] = []
    for data in entries:
        previous = decode_entry(data).previous
        fits = digest(fitting[-1]) if fitting else previous
        fitting.append(data.replace(previous.encode(), fits.encode()))
    return fitting


def as_before_schemas(world: World) -> list[bytes]:
    """The ledger as a build wrote it that knew no field `schema`, the last one of entries and of signals."""
    older = [data.replace(b',"schema":1}', b"}") for data in world.ledger]
    assert all(b'"schema"' not in data for data in older)
    return rechained(older)


def test_a_ledger_from_before_a_field_was_added_verifies(world: World) -> None:
    """The bytes as recorded are what is hashed; a field that they lack holds its default."""
    older = as_before_schemas(world)
    report = checked(world, older, head(older))
    assert report.fault is None
    assert report.decided_again == report.entries == len(older)


@pytest.mark.parametrize("which", ["changed", "first", "middle", "last", "swapped"])
def test_tampering_with_a_ledger_from_before_a_field_was_added_is_found(world: World, which: str) -> None:
    """Fewer fields make no fault harder to find, nor its position."""
    older = as_before_schemas(world)
    place = {"first": 0, "last": len(older) - 1}.get(which, len(older) // 2)
    entries = list(older)
    if which == "changed":
        entries[place] = entries[place].replace(b'"correlation_id":"', b'"correlation_id":"x', 1)
    elif which == "swapped":
        entries[place], entries[place + 1] = entries[place + 1], entries[place]
    else:
        del entries[place]
    fault = found(world, entries, head(older))
    assert fault.at.offset in ({place, place + 1} if which == "changed" else {place})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b',"previous":', b',"added":1,"previous":'),
        (b'"schema":1}', b'"schema":1,"added":1}'),
        (b',"schema":1}', b',"schema": 1}'),
        (b',"merits":0', b""),
        (b'"entity":', b'"entity":"account:x","entity":'),
    ],
    ids=["field in the middle", "field at the end", "space", "field left out in the middle", "field twice"],
)
def test_other_bytes_for_the_same_entry_are_found_without_a_head(
    world: World, old: bytes, new: bytes
) -> None:
    """The last entry has no successor that would miss it: only fields of a newer build may be lacking."""
    last = world.ledger[-1]
    assert old in last
    changed = new.join(last.rsplit(old, 1)) if b"schema" in old else last.replace(old, new, 1)
    fault = found(world, [*world.ledger[:-1], changed])
    assert fault.at.offset == len(world.ledger) - 1


def test_an_earlier_head_is_met_on_the_way(world: World) -> None:
    """A head of last month is held against the entry that was last then."""
    early = head(world.ledger[:5])
    assert checked(world, world.ledger, early).whole
    fault = found(world, world.ledger, Head(5, "0" * 64))
    assert fault.at.offset == 4


def test_another_partition_has_another_beginning(world: World) -> None:
    """A partition's entries can't be passed off as another's."""
    report = verify([(1, n, data) for n, data in enumerate(world.ledger)], world.policies, DECIDERS)
    assert report.fault is not None
    assert (report.fault.at.partition, report.fault.at.offset) == (1, 0)


def test_a_missing_policy_is_named(world: World) -> None:
    """Deciding again needs the policy that was in force; without its text nothing is called whole."""
    report = verify([(0, 0, world.ledger[0])], {}, DECIDERS)
    assert report.fault is not None
    assert world.policy.version[:12] in report.fault.what
