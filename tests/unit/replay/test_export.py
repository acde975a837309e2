"""An export says everything that is needed to verify it, and shows when it was changed or cut off."""

from __future__ import annotations

import pytest

from services.enforcement.partition import DECIDERS
from services.replay.chain import Head
from services.replay.export import ExportError, read_heads, verify_lines, write_heads
from tests.support.ledgers import exported, head, small_world
from tests.support.world import World


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """Two partitions with an account each."""
    return [small_world("ann", 0, "demo."), small_world("bob", 1, "demo.")]


@pytest.fixture
def lines(worlds: list[World]) -> list[bytes]:
    """Their export."""
    return exported(worlds, "demo.")


def test_an_export_verifies(worlds: list[World], lines: list[bytes]) -> None:
    """Every entry of every partition is decided again, and the heads are the recorded ones."""
    report = verify_lines(lines, DECIDERS)
    assert report.fault is None
    assert report.entries == report.decided_again == sum(len(world.ledger) for world in worlds)
    assert report.heads == {n: head(world.ledger, n, "demo.") for n, world in enumerate(worlds)}


def test_the_same_ledger_is_exported_to_the_same_bytes(worlds: list[World], lines: list[bytes]) -> None:
    """Nothing in an export depends on when it was made."""
    assert exported(worlds, "demo.") == lines


def test_an_export_that_was_cut_off_says_so(lines: list[bytes]) -> None:
    """Without the last line, nothing says that the entries are all."""
    fault = verify_lines(lines[:-1], DECIDERS).fault
    assert fault is not None
    assert "cut off" in fault.what


def test_an_entry_missing_at_the_end_is_found_against_the_trailer(
    worlds: list[World], lines: list[bytes]
) -> None:
    """The chain alone wouldn't miss it."""
    without = [*lines[:-2], lines[-1]]
    fault = verify_lines(without, DECIDERS).fault
    assert fault is not None
    assert fault.at.partition == 1
    assert "removed" in fault.what


def test_a_trailer_that_was_made_to_fit_is_found_against_heads_kept_elsewhere(
    worlds: list[World], lines: list[bytes]
) -> None:
    """Which is what `ledger heads` is for."""
    short = head(worlds[1].ledger[:-1], 1, "demo.")
    fitted = write_heads({0: head(worlds[0].ledger), 1: short})
    cut = [*lines[:-2], fitted]
    assert verify_lines(cut, DECIDERS).whole
    kept = {1: head(worlds[1].ledger, 1, "demo.")}
    fault = verify_lines(cut, DECIDERS, [kept]).fault
    assert fault is not None
    assert (fault.at.partition, fault.at.offset) == (1, short.count)


def test_a_changed_policy_is_found(lines: list[bytes]) -> None:
    """A policy's text hashes to its version, whoever says otherwise."""
    changed = [line.replace(b'"name":"test"', b'"name":"tesu"') for line in lines]
    fault = verify_lines(changed, DECIDERS).fault
    assert fault is not None
    assert "policy" in fault.what


def test_a_whole_partition_that_is_missing_is_found(worlds: list[World]) -> None:
    """The header says how many there are."""
    lines = exported(worlds[:1], "demo.")
    lines[0] = lines[0].replace(b'"partitions":1', b'"partitions":2')
    fault = verify_lines(lines, DECIDERS).fault
    assert fault is not None


@pytest.mark.parametrize("text", [b"", b"hello\n", b'{"heads":{}}\n'])
def test_what_is_no_export_is_refused(text: bytes) -> None:
    """With a message that says what was expected."""
    with pytest.raises(ExportError, match="line 1"):
        verify_lines([text], DECIDERS)


def test_heads_can_be_kept_in_a_file() -> None:
    """What was written is read back."""
    heads = {0: Head(3, "ab" * 32), 1: Head(0, "cd" * 32)}
    assert read_heads(write_heads(heads)) == heads


def test_a_file_without_heads_is_refused() -> None:
    """It says what heads look like."""
    with pytest.raises(ExportError, match="heads"):
        read_heads(b'{"partition":0}')
