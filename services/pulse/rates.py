"""Rates: how often something happened of late, in windowed tables of Faust.

The tables have no changelog, so they make no topic: after a restart they begin at nothing, and fill within a
minute. That, and that Faust may lose or double a record, is why nothing is counted here that must be right.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, Final

import faust
import msgspec
from faust.windows import HoppingWindow, TumblingWindow

from services.pulse.seen import LABELS_MAX, Count

SECONDS_SHOWN: Final = 60
"""For so many seconds back each second's count is told."""
MINUTE_S: Final = 60.0
MINUTE_STEP_S: Final = 5.0
"""How far apart the windows of a minute begin."""
EXPIRES_S: Final = 180.0
"""How long a window is kept after it ended."""
SETTLE_S: Final = 2.0
"""How long a second is given to come in before it is told as over."""
PARTITION: Final = 0


class Rate(msgspec.Struct, frozen=True):
    """How often something happened: each of the last minute's `seconds`, the newest last, and all of it."""

    name: str
    label: str
    seconds: tuple[int, ...]
    minute: int


class Windowed(faust.Table[Any, int]):
    """A windowed table in memory only: no changelog is written, and none is read back."""

    async def on_start(self) -> None:
        """Only the store: a changelog would be declared here."""
        await self.add_runtime_dependency(self.data)

    def on_key_set(self, key: Any, value: Any) -> None:  # noqa: ARG002 - faust's signature
        """Only take note of when the key's window expires; once, or the notes would grow with every count."""
        if key not in self._partition_timestamp_keys.get((PARTITION, key[1][1]), ()):
            self._maybe_set_key_ttl(key, PARTITION)

    def on_key_del(self, key: Any) -> None:
        """Forget when it was to expire."""
        self._maybe_del_key_ttl(key, PARTITION)


class Rates:
    """What is counted, by name and label."""

    def __init__(self, app: faust.App) -> None:
        store = "memory://"
        self.seconds: Final = Windowed(
            app, name="seconds", default=int, store=store, window=TumblingWindow(1.0, expires=EXPIRES_S)
        )
        self.minutes: Final = Windowed(
            app,
            name="minutes",
            default=int,
            store=store,
            window=HoppingWindow(MINUTE_S, MINUTE_STEP_S, expires=EXPIRES_S),
        )
        self._known: dict[str, set[str]] = {}

    @property
    def tables(self) -> tuple[Windowed, ...]:
        """The tables, which are services to be started."""
        return (self.seconds, self.minutes)

    def add(self, count: Count, at_s: float, number: int = 1) -> None:
        """Count something that happened at a time, in seconds since the epoch."""
        name, label = count
        labels = self._known.setdefault(name, set())
        if label not in labels:
            if len(labels) >= LABELS_MAX:
                return
            labels.add(label)
        for table in self.tables:
            table._apply_window_op(operator.add, count, number, at_s)  # noqa: SLF001 - the way without an event

    def told(self, now_s: float) -> Iterator[Rate]:
        """Every rate as it was `SETTLE_S` ago, by name and label."""
        last = now_s - SETTLE_S
        for name, labels in sorted(self._known.items()):
            for label in sorted(labels):
                yield self._rate((name, label), last)

    def _rate(self, count: Count, last_s: float) -> Rate:
        each = tuple(
            self.seconds._windowed_timestamp(count, last_s - back)  # noqa: SLF001 - as above
            for back in reversed(range(SECONDS_SHOWN))
        )
        # The newest window that is over: it began a minute ago.
        minute = self.minutes._get_key((count, self._whole_minute(last_s)))  # noqa: SLF001 - as above
        return Rate(*count, each, minute)

    def _whole_minute(self, last_s: float) -> tuple[float, float]:
        assert self.minutes.window is not None
        return self.minutes.window.earliest(last_s)
