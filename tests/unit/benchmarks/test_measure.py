"""What is said of looks and times is what they hold, and nothing is said of too few."""

from __future__ import annotations

import pytest

from benchmarks.measure import Failed, Look, Rate, median_and_p95_ms, slope, tail_ms


def test_a_rate_leaves_out_warming_up_and_the_end_of_the_input() -> None:
    """Slow at first and at last; in between, 100 records a second at 2.5 ms of processor each."""
    looks = [
        Look(0.0, 0.0, 5, 0),
        Look(5.0, 5.0, 100, 10),
        Look(6.0, 5.25, 200, 60),
        Look(7.0, 5.5, 300, 110),
        Look(17.0, 9.0, 310, 110),
    ]
    assert slope(looks) == Rate(100.0, 2_500.0, 310, 0.5)


@pytest.mark.parametrize("number", [1, 2])
def test_of_too_few_looks_no_rate_is_said(number: int) -> None:
    """Not even none a second: the remedy is named instead."""
    looks = [Look(float(at), 0.1 * at, 1_000 * (at + 1), 0) for at in range(number)]
    with pytest.raises(Failed, match="give more `--seconds`"):
        slope(looks)


def test_no_quantile_is_above_the_longest_time() -> None:
    """Of fifty times nothing is known about the longest of a thousand."""
    times = [at / 1000 for at in range(1, 51)]
    assert tail_ms("x", times) == {
        "x.samples": 50,
        "x.p50_ms": 25.5,
        "x.p95_ms": 47.5,
        "x.p99_ms": 49.5,
        "x.p999_ms": 50.0,
        "x.max_ms": 50.0,
    }


def test_median_and_95th_percentile_are_in_milliseconds() -> None:
    """Of 1 to 101 ms."""
    times = [at / 1000 for at in range(1, 102)]
    assert median_and_p95_ms("x", times) == {"x_median_ms": 51.0, "x_p95_ms": 96.0}
