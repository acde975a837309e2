"""Texts of your own for the demo: any file of comments, one a line, or a column of a CSV or TSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from services.commands.failures import CommandFailed
from services.exit_codes import ExitCode

TEXTS_MAX: Final = 50_000
TEXT_CHARS_MAX: Final = 20_000
SAMPLE_ROWS: Final = 200
FIELD_BYTES_MAX: Final = 4 * 1024 * 1024
DELIMITERS: Final = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
HEADINGS: Final = (
    "text",
    "body",
    "comment",
    "content",
    "message",
    "tweet",
    "comment_text",
    "post",
    "sentence",
)


def read_texts(path: Path) -> list[str]:
    """The texts in a file, at most `TEXTS_MAX`. Bytes that aren't UTF-8 are replaced.

    A table's column is the one with a telling heading, or else the one with the longest texts. Raises
    `CommandFailed`.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            delimiter = DELIMITERS.get(path.suffix.lower())
            rows = _rows(file, delimiter) if delimiter else ([line] for line in file)
            found = _column(rows) if delimiter else (row[0] for row in rows)
            texts = list(_clean(found))
    except OSError as error:
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"can't read the texts `{path}`: {error.strerror}",
            "name a file with one text a line, or a .csv or .tsv file",
        ) from error
    if not texts:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"there is no text in `{path}`", "name a file with at least one line"
        )
    return texts


def _rows(file: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(FIELD_BYTES_MAX)
    lines = (line.replace("\0", "") for line in file)
    if delimiter == "\t":  # a stray quotation mark would swallow the rest of such a file
        yield from csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        yield from csv.reader(lines, delimiter=delimiter)


def _column(rows: Iterator[list[str]]) -> Iterator[str]:
    sample = [row for _, row in zip(range(SAMPLE_ROWS), rows, strict=False)]
    if not sample:
        return
    named = [index for index, name in enumerate(sample[0]) if name.strip().lower() in HEADINGS]
    width = max(map(len, sample))
    index = (
        named[0] if named else max(range(width), key=lambda at: sum(len(_cell(row, at)) for row in sample))
    )
    yield from (_cell(row, index) for row in sample[bool(named) :])
    yield from (_cell(row, index) for row in rows)


def _cell(row: list[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _clean(found: Iterator[str]) -> Iterator[str]:
    count = 0
    for text in found:
        stripped = text.strip()[:TEXT_CHARS_MAX]
        if stripped:
            yield stripped
            count += 1
        if count >= TEXTS_MAX:
            return
