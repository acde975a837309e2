"""What docs/faults.md names: `python -m tests.fault.listed` prints its tests, each once, for pytest."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[2]
FAULTS = PROJECT / "docs" / "faults.md"


class Row(NamedTuple):
    """One line of a table: what it is about, such as `1–4` or `I3`, and the tests that it names."""

    about: str
    tests: tuple[str, ...]


def rows() -> list[Row]:
    """Every line that names faults or invariants."""
    lines = re.findall(r"^\| ((?:I?\d+)(?:–\d+)?) \|(.*)$", FAULTS.read_text(), re.MULTILINE)
    return [Row(about, tuple(re.findall(r"`(tests/[\w/]+\.py::\w+)`", rest))) for about, rest in lines]


def main() -> None:
    """Print them."""
    tests = dict.fromkeys(test for row in rows() for test in row.tests)
    sys.stdout.write("\n".join(tests) + "\n")


if __name__ == "__main__":
    main()
