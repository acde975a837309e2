"""Texts of one's own: any file of comments, one a line, or a table with a column of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.commands.failures import CommandFailed
from services.demo.texts import TEXTS_MAX, read_texts
from services.exit_codes import ExitCode


def written(folder: Path, name: str, text: str | bytes) -> Path:
    """A file with that text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_each_line_is_a_text_and_blank_ones_are_none(tmp_path: Path) -> None:
    """Any text file will do."""
    assert read_texts(written(tmp_path, "a.txt", "one\n\n  two, and more  \n\n")) == ["one", "two, and more"]


def test_a_column_with_a_telling_heading_is_taken(tmp_path: Path) -> None:
    """Others are left alone, and so is the heading."""
    path = written(tmp_path, "a.csv", 'id,Comment,url\n1,"a, b",https://long.example/and/so/on\n2,c,x\n')
    assert read_texts(path) == ["a, b", "c"]


def test_without_one_the_column_with_the_longest_texts_is_taken(tmp_path: Path) -> None:
    """Files without headings are common."""
    assert read_texts(written(tmp_path, "a.tsv", "0\tyou are kind\n1\tsee below\n")) == [
        "you are kind",
        "see below",
    ]


def test_a_stray_quotation_mark_swallows_nothing(tmp_path: Path) -> None:
    """Tab-separated files seldom quote."""
    assert read_texts(written(tmp_path, "a.tsv", '0\t"hello there\n1\tgood bye to you\n')) == [
        '"hello there',
        "good bye to you",
    ]


def test_short_rows_and_bytes_that_are_no_utf8_are_put_up_with(tmp_path: Path) -> None:
    """Real files are never clean."""
    assert read_texts(written(tmp_path, "a.csv", b"text\ncaf\xe9\n\n,\n")) == ["caf�"]


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    """A file may be large."""
    assert len(read_texts(written(tmp_path, "a.txt", "x\n" * (TEXTS_MAX + 5)))) == TEXTS_MAX


def test_a_file_without_text_is_refused(tmp_path: Path) -> None:
    """Rather than a community that says nothing."""
    with pytest.raises(CommandFailed) as failed:
        read_texts(written(tmp_path, "a.txt", "\n\n"))
    assert failed.value.code is ExitCode.BAD_INPUT


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what would do instead."""
    with pytest.raises(CommandFailed, match="no-such-file") as failed:
        read_texts(tmp_path / "no-such-file.txt")
    assert failed.value.code is ExitCode.NOT_FOUND
