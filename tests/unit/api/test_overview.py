"""What the overview makes of counted rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from events.policy import GUIDELINE_IDS
from services.api.console.overview import COLUMNS_HEIGHT, by_day, by_guideline, line_of, rate_of

TODAY = date(2026, 3, 10)


def counted(back: int, name: str, guideline: str, number: int) -> dict[str, Any]:
    """One row of what was counted, so many days ago."""
    return {"day": TODAY - timedelta(days=back), "name": name, "guideline": guideline, "number": number}


def test_every_guideline_has_a_row_and_all_of_them_one() -> None:
    """In the policy's order; what stands under no guideline counts among all."""
    rows = by_guideline(
        [
            counted(0, "strikes", "no-spam", 3),
            counted(1, "strikes", "no-spam", 1),
            counted(1, "warnings", "no-hate", 2),
            counted(1, "appeals", "", 5),
        ]
    )
    assert [row.guideline for row in rows] == [*GUIDELINE_IDS, "all"]
    sums = {row.guideline: row for row in rows}
    assert (sums["no-spam"].strikes, sums["no-hate"].warnings) == (4, 2)
    assert (sums["all"].strikes, sums["all"].warnings, sums["all"].appeals) == (4, 2, 5)


def test_the_overturn_rate_is_of_strikes_and_warnings_together() -> None:
    """And isn't known where there were none."""
    rows = {
        row.guideline: row
        for row in by_guideline(
            [
                counted(0, "strikes", "no-spam", 3),
                counted(0, "warnings", "no-spam", 1),
                counted(0, "overturned", "no-spam", 1),
            ]
        )
    }
    assert rows["no-spam"].rate == 25
    assert rows["no-hate"].rate is None


def test_each_day_of_the_span_has_its_column() -> None:
    """The highest reaches the top; the last day is in it, the day before the first isn't."""
    since = TODAY - timedelta(days=7)
    columns = by_day(
        [counted(0, "strikes", "no-spam", 2), counted(3, "warnings", "no-hate", 4)], since, TODAY
    )
    assert [one.day for one in columns] == [since + timedelta(days=n) for n in range(1, 8)]
    assert {one.day: one.strikes for one in columns if one.strikes} == {
        TODAY: 2,
        TODAY - timedelta(days=3): 4,
    }
    assert max(one.height for one in columns) == COLUMNS_HEIGHT
    assert all(abs(one.y + one.height - COLUMNS_HEIGHT) < 0.1 for one in columns)
    assert by_day([], since, TODAY)[0].height == 0


def test_a_live_figure_sums_its_labels_second_by_second() -> None:
    """And names the busiest first; labels without anything are left out."""
    rows = [
        {"name": "strikes", "label": "no-spam", "seconds": [0, 1, 2], "minute": 3},
        {"name": "strikes", "label": "no-hate", "seconds": [1, 1, 5], "minute": 7},
        {"name": "strikes", "label": "privacy", "seconds": [0, 0, 0], "minute": 0},
        {"name": "posts", "label": "", "seconds": [9, 9, 9], "minute": 27},
    ]
    rate = rate_of("strikes", rows)
    assert (rate.second, rate.minute) == (7, 10)
    assert rate.parts == (("no-hate", 7), ("no-spam", 3))
    assert (rate_of("appeals", rows).minute, rate_of("appeals", rows).second) == (0, 0)


def test_a_line_runs_from_left_to_right_and_never_leaves_its_box() -> None:
    """Also where nothing happened, or there is one value only."""
    for seconds in ([0, 5, 10], [0, 0], [3]):
        points = [tuple(map(float, point.split(","))) for point in line_of(seconds).split()]
        assert len(points) == len(seconds)
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert all(0 <= x <= 120 and 0 <= y <= 24 for x, y in points)
