"""A horizontal scale: ticks at round numbers in their right columns, names that never cover each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.draw.glyphs import width
from tutor.draw.scale import Scale, flags

ENDS = st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)).map(sorted).filter(lambda ends: ends[1] - ends[0] > 1e-6)


@pytest.mark.parametrize(
    ("low", "high", "columns", "log", "labels"),
    [
        (-3, 3, 61, False, ["−3", "−2", "−1", "0", "1", "2", "3"]),
        (-3, 3, 20, False, ["−2", "0", "2"]),
        (0, 0.3, 40, False, ["0", "0.1", "0.2", "0.3"]),
        (0, 0.3, 60, False, ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]),
        (-12, 0, 60, True, ["1e-12", "1e-10", "1e-8", "1e-6", "1e-4", "1e-2", "1"]),
        (-46, 39, 40, True, ["1e-40", "1e-20", "1", "1e20"]),
        (1000.0, 1000.5, 50, False, ["1000.0", "1000.1", "1000.2", "1000.3", "1000.4", "1000.5"]),
    ],
)
def test_ticks_are_round(low: float, high: float, columns: int, log: bool, labels: list[str]) -> None:
    assert [label for _, label in Scale(low, high, 0, columns, log).ticks()] == labels


def test_ticks_stand_at_their_places() -> None:
    assert Scale(-3, 3, 5, 61).ticks() == [(5 + 10 * k, label) for k, label in enumerate(["−3", "−2", "−1", *"0123"])]


@given(ENDS, st.integers(1, 120), st.booleans())
def test_labels_never_run_together(ends: list[float], columns: int, log: bool) -> None:
    """And no two of them are the same."""
    spans = Scale(ends[0], ends[1], 0, columns, log).labels(columns)
    for left, right in zip(spans, spans[1:]):
        assert left.x + width(left.text) < right.x
    assert len({span.text for span in spans}) == len(spans)


@pytest.mark.parametrize(("place", "column"), [(-12, 4), (0, 44), (-6, 24), (-99, 4), (99, 44)])
def test_a_place_has_its_column(place: float, column: int) -> None:
    """What is beyond an end stands at it."""
    assert Scale(-12, 0, 4, 41, True).column(place) == column


@given(st.lists(st.tuples(st.integers(0, 59), st.sampled_from(["a", "smallest", "largest fp16"])), max_size=9))
def test_names_cover_no_other_and_no_mast(marks: list[tuple[int, str]]) -> None:
    placed, lost = flags(marks, 60, 4)
    assert sorted([flag.text for flag in placed] + lost) == sorted(text for _, text in marks)
    names = [(flag.row, x) for flag in placed for x in range(flag.x, flag.x + width(flag.text))]
    masts = {(row, flag.column) for flag in placed for row in range(flag.row + 1)}
    assert len(set(names)) == len(names)
    assert masts.isdisjoint(names)
    assert all(flag.x >= 0 and flag.x + width(flag.text) <= 60 for flag in placed)


def test_a_lone_name_finds_a_place() -> None:
    """At the right of its mast, or at the left where the edge is near."""
    assert [(flag.x, flag.row) for flag in flags([(10, "value")], 60, 1)[0]] == [(12, 0)]
    assert [(flag.x, flag.row) for flag in flags([(57, "value")], 60, 1)[0]] == [(51, 0)]
    assert flags([(30, "value")], 60, 0) == ([], ["value"])
