"""How often values fall where: heights, ticks, marks, and the bar that stands apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Histogram, Mark
from tests.draw.amounts import SIZES_OF_GRADIENTS, shown
from tests.draw.pictures import INF, LOOKS, NAN, rows, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.histogram import histogram_rows

EIGHTHS = " ▁▂▃▄▅▆▇█"


def histogram(*counts: float) -> Histogram:
    return Histogram("values", counts, 0.0, float(len(counts)))


def heights(canvas: Canvas) -> list[int]:
    """The height of every column in eighths of a row."""
    return [sum(EIGHTHS.index(canvas.at(x, y)) for y in range(2, canvas.height - 1)) for x in range(canvas.width)]


def test_heights_are_in_proportion() -> None:
    canvas = shown(histogram(0.0, 1.0, 2.0, 4.0, 8.0), 30, 11)
    assert heights(canvas)[::6] == [0, 8, 16, 32, 64]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=90), st.integers(10, 39))
def test_the_highest_is_as_high_as_there_is_room(counts: list[float], w: int) -> None:
    """And a count above 0 is never without a mark, however many bins share a column."""
    canvas = shown(histogram(*counts), w, 11)
    columns = heights(canvas)
    assert max(columns) == (64 if any(counts) else 0)
    if all(counts) and len(counts) <= w and w < 4 * len(counts):
        assert all(columns)


def test_neighbours_are_added_up_where_there_are_too_many() -> None:
    canvas = shown(histogram(*[1.0] * 60, *[3.0] * 60), 30, 11)
    assert set(heights(canvas)) == {21, 64}
    assert heights(canvas).index(64) == 15


def test_the_axis_has_round_ticks() -> None:
    assert shown(SIZES_OF_GRADIENTS, 62).text(11).split() == ["became", "0", "1e-10", "1e-5", "1"]
    assert rows(shown(histogram(*[1.0] * 8), 33, 11))[-1].split() == [*"012345678"]


def test_a_mark_has_a_name_on_a_line_at_its_place() -> None:
    canvas = shown(SIZES_OF_GRADIENTS, 62)
    assert "smallest" in canvas.text(2)
    columns = {x for y in range(2, 11) for x in range(62) if canvas.at(x, y) == "│"}
    ticks = canvas.text(11)
    exponent = [-10, -5, 0]
    places = [ticks.index(label) + (len(label) - 1) // 2 for label in ("1e-10", "1e-5")]
    expected = places[0] + (places[1] - places[0]) * (-6 - exponent[0]) / (exponent[1] - exponent[0])
    assert len(columns) == 1
    assert abs(columns.pop() - expected) <= 1


def test_what_has_no_place_on_the_axis_stands_apart() -> None:
    """With its name and its share of all that was counted."""
    canvas = shown(SIZES_OF_GRADIENTS, 62)
    assert canvas.text(11).strip().startswith("became 0 ")
    assert canvas.text(12).strip().startswith("25 % ")
    assert canvas.text(12).split()[-1] == "size"


@pytest.mark.parametrize(("apart", "broken"), [(16.0, False), (32.0, False), (33.0, True), (9e9, True), (INF, True)])
def test_a_bar_apart_that_would_flatten_the_others_has_a_gap(apart: float, broken: bool) -> None:
    """The others then keep their height, and the gap says that this one is not to scale."""
    canvas = shown(replace(SIZES_OF_GRADIENTS, apart=apart, marks=()), 62)
    assert ("╌" in text(canvas)) == broken
    if broken:
        assert any(canvas.at(x, 2) == "█" for x in range(20, 62))


def test_where_nothing_is_apart_nothing_stands_there() -> None:
    picture = replace(SIZES_OF_GRADIENTS, apart=0.0)
    assert "became" not in text(shown(picture, 62))
    assert text(shown(picture, 62)).count("%") == 1


@pytest.mark.parametrize("h", [3, 4, 5, 6, 7, 13])
def test_the_share_of_what_is_apart_stays_at_few_rows(h: int) -> None:
    assert "25 %" in text(shown(SIZES_OF_GRADIENTS, 62, h))


@pytest.mark.parametrize(("count", "sign"), [(NAN, "✗"), (INF, "▲")])
def test_counts_that_are_not_finite_are_marked(count: float, sign: str) -> None:
    canvas = shown(histogram(1.0, count, 2.0), 30, 11)
    assert text(canvas).count(sign) == 1
    assert 0 < heights(replaced(canvas, sign))[-2] <= 64


def replaced(canvas: Canvas, sign: str) -> Canvas:
    """Without a sign, so that heights can be read."""
    for y in range(canvas.height):
        for x in range(canvas.width):
            if canvas.at(x, y) == sign:
                canvas.put(x, y, " ")
    return canvas


@pytest.mark.parametrize("value", [NAN, INF, -99.0, 1e308])
def test_a_mark_off_the_axis_leaves_it_as_it_is(value: float) -> None:
    picture = replace(SIZES_OF_GRADIENTS, marks=(Mark(value, "odd"),))
    assert shown(picture, 62).text(11) == shown(SIZES_OF_GRADIENTS, 62).text(11)


@pytest.mark.parametrize("look", LOOKS)
def test_it_uses_the_rows_it_asks_for(look: Look) -> None:
    canvas = shown(SIZES_OF_GRADIENTS, 44, look=look)
    assert canvas.height == histogram_rows(SIZES_OF_GRADIENTS, 44) == 13
    assert all(row.strip() for y, row in enumerate(rows(canvas)) if y != 1)
