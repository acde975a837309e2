"""Files that are made anew where they are missing: what a process computed once, kept for the next one."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import Final

from services.runtime.settings import Settings

log = logging.getLogger(__name__)

FILES_MAX: Final = 64
"""How many are kept; beyond that the oldest go."""


class KeptFiles:
    """A folder of such files, for its owner only. It is made when something is kept.

    What can't be read or written is as if it weren't there: it is computed again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """What is kept under a name; None: nothing."""
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, data: bytes) -> None:
        """Keep it. A reader finds the whole of it or nothing."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part, path = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(part, "wb") as file:
                file.write(data)
            Path(path).replace(self._folder / name)
            kept = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)
            for old in kept[:-FILES_MAX]:
                old.unlink(missing_ok=True)
        except OSError as error:
            log.info("nothing can be kept in `%s`, so it is computed at each start: %s", self._folder, error)


def compiled_patterns(settings: Settings) -> KeptFiles:
    """The folder in which a deployment keeps compiled patterns."""
    return KeptFiles(settings.state_folder / "compiled")
