"""Named points between the steps of a batch, where a test can kill the process.

In production `at` does nothing. A test's entry point sets `hooks.at` before the worker starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

COMPUTED: Final = "computed"
BEGUN: Final = "begun"
FIRST_SEND: Final = "first_send"
SENT: Final = "sent"
OFFSETS_SENT: Final = "offsets_sent"
COMMITTED: Final = "committed"
POINTS: Final = (COMPUTED, BEGUN, FIRST_SEND, SENT, OFFSETS_SENT, COMMITTED)


def nothing(name: str) -> None:
    """The hook of production: `name` is one of `POINTS`, and is ignored."""


at: Callable[[str], None] = nothing
