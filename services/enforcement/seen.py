"""Which signals an entity has applied: enough of their ids to know a second copy, as long as one may come."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.enforcement.kept import Kept

SEEN_DAYS: Final = 31
"""How long an applied signal's id is remembered: the input's retention, and a day."""
SEEN_IDS_MAX: Final = 10_000
"""So many at most; the oldest are forgotten first."""
SEEN_ID_DIGITS: Final = 16


class Seen(Kept, frozen=True):
    """The ids of the signals applied on one day, shortened and joined: enough to know a second copy."""

    day: int
    ids: str


def was_seen(seen: tuple[Seen, ...], signal_id: str) -> bool:
    """Whether a signal of this id was applied here within the horizon."""
    short = signal_id.replace("-", "")[:SEEN_ID_DIGITS]
    for item in seen:
        at = item.ids.find(short)
        while at >= 0:
            if at % SEEN_ID_DIGITS == 0:
                return True
            at = item.ids.find(short, at + 1)
    return False


def with_seen(seen: tuple[Seen, ...], signal_id: str, received_at: datetime) -> tuple[Seen, ...]:
    """`seen` with one more id, without days past the horizon and within the limit."""
    short = signal_id.replace("-", "")[:SEEN_ID_DIGITS]
    day = received_at.toordinal()
    if seen and seen[-1].day == day:
        kept = (*seen[:-1], Seen(day, seen[-1].ids + short))
    else:
        ids = next((item.ids for item in seen if item.day == day), "") + short
        others = (item for item in seen if item.day > day - SEEN_DAYS and item.day != day)
        kept = (*others, Seen(day, ids))
    digits = sum([len(item.ids) for item in kept])
    return kept if digits <= SEEN_IDS_MAX * SEEN_ID_DIGITS else _forget(kept)


def _forget(seen: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Without the first id of the earliest day."""
    first = min(range(len(seen)), key=lambda index: seen[index].day)
    rest = seen[first].ids[SEEN_ID_DIGITS:]
    shorter = (Seen(seen[first].day, rest),) if rest else ()
    return (*seen[:first], *shorter, *seen[first + 1 :])
