"""Fewer words from the client library: while a broker is away it says the same a hundred times a second."""

from __future__ import annotations

import logging
import time
from typing import Final

import aiokafka  # noqa: F401 - its loggers exist once it is imported

LIBRARY: Final = "aiokafka"
REPEAT_S: Final = 5.0


class OncePerWhile(logging.Filter):
    """Lets a message of one logger through at most once per `REPEAT_S`, whatever its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        template, now = str(record.msg), time.monotonic()
        if now - self._last.get(template, -REPEAT_S) < REPEAT_S:
            return False
        self._last[template] = now
        return True


def hush() -> None:
    """Warnings and worse only, and each at most once per while, from all of the library's loggers."""
    logging.getLogger(LIBRARY).setLevel(logging.WARNING)
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] == LIBRARY:
            logging.getLogger(name).addFilter(OncePerWhile())
