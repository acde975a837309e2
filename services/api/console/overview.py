"""The overview: what happened by guideline, what waits, how far people agree, and what is happening now.

Nothing here reads a table of millions: days come counted, the queue is bounded, and the live part is a few
dozen rows that pulse writes once a second. What pulse saw go by is approximate, and the page says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from events.policy import GUIDELINE_IDS
from services.api.console.queries import SQL
from services.api.console.rendering import page
from services.api.console.signed import Db, Page, SignedIn
from services.runtime.reading import Database

router = APIRouter(route_class=Page, include_in_schema=False)

SPANS_DAYS: Final = (7, 30, 90, 365)
SPAN_DAYS: Final = 30
FEED_LINES: Final = 20
STALE_S: Final = 10.0
"""Older live figures than this are called old."""
WAITED: Final = ("under 4 hours", "4 hours to a day", "1 to 2 days", "2 to 7 days", "over 7 days")
SPARK_WIDTH, SPARK_HEIGHT = 120, 24
COLUMNS_WIDTH, COLUMNS_HEIGHT = 600, 120
RATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "posts": "Posts",
        "reports": "Reports",
        "accounts": "Account events",
        "signals": "Ledger entries",
        "findings": "Findings",
        "strikes": "Strikes and warnings",
        "sanctions": "Sanctions",
        "cases": "Cases",
        "appeals": "Appeals",
        "dead_letters": "Dead letters",
    }
)
"""What the live part shows, in order; each is there also while nothing happens."""
LINKS: Final[Mapping[str, str]] = MappingProxyType(
    {"strike": "strikes", "sanction": "sanctions", "case": "cases", "appeal": "appeals"}
)
"""Where a line of the feed leads, by its first word."""


class Row(msgspec.Struct, frozen=True):
    """One guideline over the span."""

    guideline: str
    findings: int
    strikes: int
    warnings: int
    sanctions: int
    appeals: int
    granted: int
    overturned: int

    @property
    def rate(self) -> float | None:
        """Overturned strikes and warnings of all that were issued, in per cent; None: there were none."""
        issued = self.strikes + self.warnings
        return 100 * self.overturned / issued if issued else None


class Column(msgspec.Struct, frozen=True):
    """One column of the chart of days: a place in the drawing, and what it says."""

    day: date
    strikes: int
    x: float
    y: float
    width: float
    height: float


class Rate(msgspec.Struct, frozen=True):
    """One live figure: the last full second, the last minute, and each of its seconds as a line."""

    name: str
    second: int
    minute: int
    points: str
    parts: tuple[tuple[str, int], ...]


class Live(msgspec.Struct, frozen=True):
    """What is happening now. `state` None: pulse never wrote. `old`: it hasn't for a while."""

    state: Any
    old: bool
    rates: tuple[Rate, ...]
    feed: Sequence[Any]
    lags: tuple[tuple[str, str, int], ...]


@router.get("/overview")
async def show(
    request: Request,
    _: SignedIn,
    db: Db,
    days: Annotated[int, Query(ge=1, le=366)] = SPAN_DAYS,
    live: Annotated[str, Query(max_length=3)] = "on",
) -> Response:
    """All of it; `live=off` keeps the page as it is."""
    now: datetime = request.state.now
    until = now.astimezone(UTC).date()
    since = until - timedelta(days=days)
    counted = await db.fetch(SQL["overview_days"], since, until)
    reviews = await db.fetch(SQL["overview_reviews"], now - timedelta(days=days), now)
    return page(
        request,
        "overview.html",
        days=days,
        spans=SPANS_DAYS,
        polled=live != "off",
        rows=by_guideline(counted),
        columns=by_day(counted, since, until),
        waiting=await waiting(db, now),
        reviews=reviews,
        live=await happening(db),
    )


@router.get("/overview/live")
async def show_live(request: Request, _: SignedIn, db: Db) -> Response:
    """The live part alone, which the page asks for every other second."""
    return page(request, "_live.html", live=await happening(db))


# --- what happened -----------------------------------------------------------------------------------


def by_guideline(counted: Sequence[Any]) -> list[Row]:
    """A row for each guideline, in the policy's order, and one for all of them at the end."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for one in counted:
        sums[one["guideline"], one["name"]] += one["number"]
        sums["all", one["name"]] += one["number"]
    names = [field for field in Row.__struct_fields__ if field != "guideline"]
    return [Row(id_, **{name: sums[id_, name] for name in names}) for id_ in (*GUIDELINE_IDS, "all")]


def by_day(counted: Sequence[Any], since: date, until: date) -> list[Column]:
    """A column for each day of the span, as high as it had strikes and warnings."""
    sums: dict[date, int] = defaultdict(int)
    for one in counted:
        if one["name"] in {"strikes", "warnings"}:
            sums[one["day"]] += one["number"]
    days = [since + timedelta(days=number) for number in range(1, (until - since).days + 1)]
    top, step = max(sums.values(), default=0) or 1, COLUMNS_WIDTH / max(1, len(days))
    return [
        Column(
            day,
            sums[day],
            round(place * step, 2),
            round(COLUMNS_HEIGHT * (1 - sums[day] / top), 2),
            round(step * 0.8, 2),
            round(COLUMNS_HEIGHT * sums[day] / top, 2),
        )
        for place, day in enumerate(days)
    ]


async def waiting(db: Database, now: datetime) -> dict[str, Any]:
    """How long open cases have waited: `bars` for the drawing, how many there are, and the oldest."""
    rows = {row["bucket"]: row for row in await db.fetch(SQL["overview_queue"], now)}
    bars = [
        (name, row["number"] if row else 0, f"{row['number']}, {row['urgent']} urgent" if row else "0")
        for number, name in enumerate(WAITED)
        for row in [rows.get(number)]
    ]
    oldest = min((row["oldest"] for row in rows.values()), default=None)
    return {"bars": bars, "open": sum(row["number"] for row in rows.values()), "oldest": oldest}


# --- what is happening ---------------------------------------------------------------------------------


async def happening(db: Database) -> Live:
    """What pulse wrote last."""
    state = await db.fetchrow(SQL["pulse_state"])
    counted = await db.fetch(SQL["pulse_rates"])
    lags = await db.fetch(SQL["pulse_lags"])
    return Live(
        state,
        state is None or state["age_s"] > STALE_S,
        tuple(rate_of(name, counted) for name in RATES),
        [_linked(row) for row in await db.fetch(SQL["pulse_feed"], FEED_LINES)],
        tuple((row["stage"], row["topic"], row["behind"]) for row in lags),
    )


def rate_of(name: str, counted: Sequence[Any]) -> Rate:
    """One figure over all of its labels, and the labels apart, the busiest first."""
    mine = [row for row in counted if row["name"] == name]
    seconds = [sum(column) for column in zip(*(row["seconds"] for row in mine), strict=False)] or [0]
    parts = sorted(
        ((row["label"], row["minute"]) for row in mine if row["label"] and row["minute"]), key=_busiest
    )
    return Rate(RATES[name], seconds[-1], sum(row["minute"] for row in mine), line_of(seconds), tuple(parts))


def line_of(seconds: Sequence[int]) -> str:
    """A small line through these values, the oldest at the left: the points of an SVG polyline."""
    top, step = max(seconds) or 1, SPARK_WIDTH / max(1, len(seconds) - 1)
    height = SPARK_HEIGHT - 2
    return " ".join(
        f"{place * step:.1f},{1 + height - height * value / top:.1f}" for place, value in enumerate(seconds)
    )


def _busiest(part: tuple[str, int]) -> tuple[int, str]:
    return -part[1], part[0]


def _linked(row: Any) -> dict[str, Any]:
    """A line of the feed with where it leads."""
    return {**dict(row), "under": LINKS.get(row["what"].partition(" ")[0], "")}
