"""The y axis: even ticks on whole rows, a range that holds still, and a place for every number."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.draw.pictures import INF, NAN
from tutor.draw.axis import axis, sign

ANY = st.floats() | st.sampled_from([0.0, -0.0, 5e-324, 1e-310, 1e308, -1e308, INF, -INF, NAN, 1e-6, 1.0])
LIMIT = st.none() | ANY


@given(st.lists(ANY, max_size=6), st.integers(2, 60), st.booleans(), LIMIT, LIMIT)
def test_every_placed_value_has_a_row(
    values: list[float], rows: int, log: bool, low: float | None, high: float | None
) -> None:
    """Whatever is asked for, ticks are on whole rows at even distance, and values that have a place are on the axis."""
    y_axis = axis(values, rows, log, low, high)
    ticks = [row for row, _ in y_axis.ticks()]
    assert ticks[0] == rows - 1
    assert ticks[-1] >= 0
    assert {one - other for one, other in itertools.pairwise(ticks)} <= {y_axis.apart}
    for value in values:
        if not sign(value, log):
            assert -0.01 <= y_axis.row(value) <= rows - 0.99


@given(st.lists(st.floats(1e-6, 1e2), min_size=1), st.integers(2, 60))
def test_the_axis_holds_still_while_values_stay_inside(values: list[float], rows: int) -> None:
    assert axis(values, rows, True, 1e-6, 1e2) == axis([], rows, True, 1e-6, 1e2)


@given(st.lists(st.floats(-1, 3), min_size=1), st.integers(2, 60))
def test_a_linear_axis_holds_still_too(values: list[float], rows: int) -> None:
    assert axis(values, rows, False, -1.0, 3.0) == axis([], rows, False, -1.0, 3.0)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5), st.floats(-1e9, 1e9), st.booleans())
def test_an_axis_only_ever_grows(values: list[float], more: float, log: bool) -> None:
    """A value that comes later never takes away room that an earlier one had."""
    assume(not log or (min(values) > 0 and more > 0))
    before, after = (axis(some, 20, log, None, None) for some in (values, [*values, more]))
    for value in values:
        assert 0 <= round(after.row(value), 2) <= 19
        assert 0 <= round(before.row(value), 2) <= 19


@pytest.mark.parametrize(("value", "labels"), [(2e2, ("1e-6", "1e4")), (2e6, ("1e-6", "1e8")), (1e-7, ("1e-8", "1e2"))])
def test_a_log_axis_grows_by_factors_of_a_hundred(value: float, labels: tuple[str, str]) -> None:
    """From 1e-6..1e2, with a tick to every decade so that the ends can be read."""
    ticks = [label for _, label in axis([value], 61, True, 1e-6, 1e2).ticks()]
    assert ticks[0] == labels[0]
    assert labels[1] in ticks


@pytest.mark.parametrize(
    ("values", "low", "high", "labels"),
    [
        ([], 0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([1.3], 0.0, 1.0, ["0.0", "0.5", "1.0", "1.5", "2.0"]),
        ([3.0, 3.0], None, None, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]),
        ([-2e5], 0.0, 1e5, ["−4e5", "−3e5", "−2e5", "−1e5", "0", "1e5"]),
        ([100000.0, 100000.004], None, None, ["1e5", "1.00000001e5", "1.00000002e5", "1.00000003e5", "1.00000004e5"]),
    ],
)
def test_ticks_are_round_numbers(values: list[float], low: float | None, high: float | None, labels: list[str]) -> None:
    ticks = [label for _, label in axis(values, 13, False, low, high).ticks()]
    assert ticks[: len(labels)] == labels
    assert len(set(ticks)) == len(ticks)


@pytest.mark.parametrize(
    ("value", "log", "mark"),
    [(INF, False, "▲"), (1e301, True, "▲"), (NAN, True, "✗"), (-INF, False, "▾"), (0.0, True, "▾"), (-3.0, True, "▾")],
)
def test_what_has_no_place_has_a_mark(value: float, log: bool, mark: str) -> None:
    assert sign(value, log) == mark


@pytest.mark.parametrize(("value", "log"), [(0.0, False), (-3.0, False), (5e-324, True), (1e299, True)])
def test_what_has_a_place_has_none(value: float, log: bool) -> None:
    assert sign(value, log) == ""
