"""Fewer points to draw, and nothing lost that would show."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.draw.pictures import INF, NAN
from tutor.draw.thin import thin

NASTY = st.sampled_from([INF, -INF, NAN]) | st.floats(-5, 5)


def test_a_short_series_stays_as_it_is() -> None:
    assert thin([3.0, 1.0, 2.0], 10) == [(0, 3.0), (1, 1.0), (2, 2.0)]


@given(st.lists(NASTY, min_size=1, max_size=400), st.integers(0, 20))
def test_extremes_ends_and_gaps_stay(values: list[float], columns: int) -> None:
    """In order, each point where it was, with the first, the last, the highest, the lowest and every kind of gap."""
    points = thin(values, columns)
    steps = [step for step, _ in points]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, len(values) - 1)
    assert all(value is values[step] for step, value in points)
    kept, finite = [value for _, value in points], [value for value in values if math.isfinite(value)]
    if finite:
        assert min(finite) in kept
        assert max(finite) in kept
    assert {str(value) for value in values if not math.isfinite(value)} <= set(map(str, kept))


def test_a_gap_of_one_point_stays_a_gap() -> None:
    """Where points of a column lie on both sides of it, it lies between them still."""
    values = [1.0] * 1000
    values[500] = NAN
    assert [step for step, value in thin(values, 10) if value != value] == [500]


def test_a_hundred_thousand_points_become_a_few_a_column() -> None:
    values = [math.sin(k / 7) for k in range(100_000)]
    values[77_777] = 9.0
    points = thin(values, 100)
    assert len(points) <= 400
    assert (77_777, 9.0) in points


def test_a_long_stretch_of_nan_is_two_points_a_column() -> None:
    assert len(thin([float("nan") for _ in range(10_000)], 10)) <= 20
