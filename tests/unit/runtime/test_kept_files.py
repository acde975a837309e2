"""Files that are kept from one process to the next."""

from __future__ import annotations

import os
from pathlib import Path

from services.runtime.kept_files import FILES_MAX, KeptFiles


def test_what_is_kept_is_found_by_the_next(tmp_path: Path) -> None:
    """Under its name, whole, in a folder that only the owner may enter."""
    folder = tmp_path / "deep" / "kept"
    assert KeptFiles(folder).get("a") is None
    KeptFiles(folder).put("a", b"first")
    KeptFiles(folder).put("a", b"second")
    assert KeptFiles(folder).get("a") == b"second"
    assert [file.name for file in folder.iterdir()] == ["a"]
    assert folder.stat().st_mode & 0o077 == 0


def test_only_the_latest_are_kept(tmp_path: Path) -> None:
    """What policies of long ago were compiled to doesn't fill the disk."""
    kept = KeptFiles(tmp_path)
    for number in range(FILES_MAX + 3):
        kept.put(str(number), b"x")
        os.utime(tmp_path / str(number), (number, number))
    kept.put("last", b"x")
    names = {file.name for file in tmp_path.iterdir()}
    assert len(names) == FILES_MAX
    assert {"last", str(FILES_MAX + 2)} <= names
    assert "0" not in names


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path) -> None:
    """Nothing is raised, and nothing is found."""
    (tmp_path / "file").write_bytes(b"in the way")
    kept = KeptFiles(tmp_path / "file")
    kept.put("a", b"x")
    assert kept.get("a") is None
