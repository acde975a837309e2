# ruff: noqa: INP001 - a program, run from the project's folder: python -m docs.generate
"""Writes what is generated under `docs/`: JSON Schemas and AsyncAPI.

Run `python -m docs.generate` after every change to a contract.
"""

from __future__ import annotations

from pathlib import Path

from events.schema import documents

DOCS = Path(__file__).parent


def main() -> None:
    """Write every file, and remove schemas of types that are no more."""
    files = documents()
    for path in (DOCS / "schemas").glob("*.json"):
        if f"schemas/{path.name}" not in files:
            path.unlink()
    for name, text in files.items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
