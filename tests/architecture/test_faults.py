"""docs/faults.md has every fault and every invariant, and names tests that are there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.fault.listed import PROJECT, Row, rows

FAULTS = range(1, 38)
INVARIANTS = range(1, 14)


@cache
def functions(path: Path) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module, by name."""
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


def numbers(row: Row) -> list[int]:
    """The numbers that a row is about: `1–4` is four."""
    first, _, last = row.about.lstrip("I").partition("–")
    return [*range(int(first), int(last or first) + 1)]


def test_every_fault_is_in_the_table_once() -> None:
    """All 37, in their order."""
    found = [number for row in rows() if not row.about.startswith("I") for number in numbers(row)]
    assert found == [*FAULTS]


def test_every_invariant_is_in_the_table_once() -> None:
    """All 13, in their order."""
    found = [number for row in rows() if row.about.startswith("I") for number in numbers(row)]
    assert found == [*INVARIANTS]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.about)
def test_a_row_names_tests_that_are_there(row: Row) -> None:
    """At least one, and none that was renamed or removed meanwhile."""
    assert row.tests, f"{row.about}: no test shows it"
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (PROJECT / path).exists(), f"{row.about}: there is no `{path}`"
        assert name in functions(PROJECT / path), f"{row.about}: there is no `{name}` in `{path}`"


def test_every_fault_test_is_in_the_table() -> None:
    """What is broken on purpose is written down."""
    named = {test for row in rows() for test in row.tests}
    there = {
        f"{path.relative_to(PROJECT)}::{name}"
        for path in (PROJECT / "tests" / "fault").glob("test_*.py")
        for name in functions(path)
        if name.startswith("test_")
    }
    assert there <= named, f"docs/faults.md doesn't name {sorted(there - named)}"


def test_every_known_gap_is_written_down() -> None:
    """A test that is expected to fail would be a promise not kept; the document says what happens."""
    text = (PROJECT / "docs" / "faults.md").read_text().partition("## Known gaps")[2]
    for test in sorted({test for row in rows() for test in row.tests}):
        path, _, name = test.partition("::")
        gap = any("xfail" in ast.unparse(mark) for mark in functions(PROJECT / path)[name].decorator_list)
        assert (f"`{name}`" in text) == gap, f"docs/faults.md, known gaps: `{name}`"
