"""Charts: nothing is drawn that was not there, and nothing that was there is lost."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.kit.pictures import Chart, Level
from lessons.kit.words import number
from tests.draw.pictures import INF, NAN, chart, descend, is_braille, rows, shades, steep_bowl, text
from tutor.draw.canvas import Canvas, Look
from tutor.draw.chart import draw_chart

W, H = 62, 13


def canvas_of(picture: Chart, w: int = W, h: int = H, look: Look | None = None, frozen: bool = False) -> Canvas:
    canvas = Canvas(w, h, look or Look(), "panel")
    draw_chart(canvas, 0, 0, w, h, picture, frozen)
    return canvas


def dotted_columns(canvas: Canvas) -> list[int]:
    return [x for x in range(canvas.width) if any(is_braille(canvas.at(x, y)) for y in range(canvas.height))]


def loss(lr: float, steps: int) -> tuple[float, ...]:
    return tuple(steep_bowl(*point) for point in descend(lr, steps))


def test_title_and_axis_stand_on_the_first_row() -> None:
    assert rows(canvas_of(chart(loss(0.09, 58), log=True)))[0].startswith("loss  log axis ")
    assert rows(canvas_of(chart(loss(0.09, 58))))[0].split() == ["loss"]


def test_a_real_run() -> None:
    """Ticks by two decades as asked, the steps that are planned, the last value at the end of the line."""
    canvas = canvas_of(replace(chart(loss(0.09, 58), steps=200, log=True), low=1e-6, high=1e2), h=11)
    labels = [row[:5].strip() for row in rows(canvas)[1:-1]]
    assert labels == ["1e2", "", "1", "", "1e-2", "", "1e-4", "", "1e-6"]
    assert rows(canvas)[-1].split() == ["0", "step", "200"]
    assert "● 8.9e-6" in text(canvas)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_last_value_is_written(values: list[float]) -> None:
    assert f"● {number(values[-1])}" in text(canvas_of(chart(tuple(values))))


@pytest.mark.parametrize("hole", [NAN, INF, -INF])
def test_no_line_crosses_a_gap(hole: float) -> None:
    """Between the neighbours of a value without a place there is not a single dot."""
    canvas = canvas_of(chart((1.0, 2.0, hole, 2.0, 1.0), steps=4))
    columns = dotted_columns(canvas)
    gaps = [right - left for left, right in itertools.pairwise(columns) if right - left > 1]
    assert len(gaps) == 1
    assert gaps[0] == pytest.approx((columns[-1] - columns[0]) / 2, abs=2)


def test_without_a_gap_the_line_has_none() -> None:
    columns = dotted_columns(canvas_of(chart((1.0, 2.0, 3.0, 2.0, 1.0), steps=4)))
    assert columns == list(range(columns[0], columns[0] + len(columns)))


def test_a_value_between_two_gaps_is_a_dot() -> None:
    assert len(dotted_columns(canvas_of(chart((NAN, 2.0, NAN, 5.0), steps=4)))) == 1


def test_infinity_stands_at_the_top_edge_in_danger() -> None:
    canvas = canvas_of(chart((1.0, 2.0, INF), steps=4))
    assert "▲ inf" in rows(canvas)[1]
    assert canvas.look.style("danger bold on panel") in [segment.style for segment in canvas.segments(1)]


def test_nan_stands_where_the_line_broke() -> None:
    canvas = canvas_of(chart((1.0, 2.0, 3.0, 2.0, NAN, NAN, NAN), steps=12))
    row = next(row for row in rows(canvas) if "nan" in row)
    assert row.startswith("2.0 ")
    assert row.count("✗") == 2  # where it began, and now
    assert "✗ nan" in row


def test_minus_infinity_stands_at_the_bottom_edge() -> None:
    canvas = canvas_of(chart((1.0, -INF), steps=4))
    assert "▾ −inf" in rows(canvas)[-2]


def test_zero_has_no_place_on_a_log_axis() -> None:
    """It is marked at the bottom edge and written, and is no alarm: a loss may well reach it."""
    canvas = canvas_of(chart((1.0, 0.1, 0.0), steps=4, log=True))
    assert "▾ 0" in rows(canvas)[-2]
    assert "▲" not in text(canvas)
    assert canvas.look.style("danger bold on panel") not in [s.style for y in range(H) for s in canvas.segments(y)]


def test_zero_is_a_value_on_a_linear_axis() -> None:
    assert "● 0" in rows(canvas_of(chart((1.0, 0.1, 0.0), steps=4)))[-2]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [(), (NAN,) * 5, (INF,) * 5])
def test_without_a_number_there_are_axes_and_no_line(values: tuple[float, ...], log: bool) -> None:
    canvas = canvas_of(chart(values, steps=10, log=log))
    assert dotted_columns(canvas) == []
    assert rows(canvas)[-1].split() == ["0", "step", "10"]
    assert sum("· ·" in row for row in rows(canvas)) >= 3


def test_of_a_hundred_thousand_points_a_single_peak_is_seen() -> None:
    values = [1.0] * 100_000
    values[70_000] = 10.0
    top = rows(canvas_of(chart(tuple(values))))[1]
    assert [is_braille(cell) for cell in top].count(True) == 1


def test_more_steps_than_planned_widen_the_chart() -> None:
    assert rows(canvas_of(chart((1.0,) * 31, steps=10)))[-1].split() == ["0", "step", "30"]


def test_several_lines_carry_their_names_at_their_ends() -> None:
    """Also where they end in one place: each has a row of its own."""
    canvas = canvas_of(chart((1.0, 2.0), (3.0, 2.0), (5.0, 2.0), names="xyz"))
    labels = [row.rpartition("●")[2].split() for row in rows(canvas) if "x 2" in row or "y 2" in row or "z 2" in row]
    assert sorted(label[-2:] for label in labels) == [["x", "2"], ["y", "2"], ["z", "2"]]


def test_more_lines_than_rows_are_drawn_as_far_as_there_is_room() -> None:
    canvas = canvas_of(chart(*[(1.0, 2.0)] * 8), h=5)
    assert sum(any(f" {name} 2" in row for name in "abcdefgh") for row in rows(canvas)) == 3


def test_lines_differ_without_colour() -> None:
    """By the spacing of their dots."""
    canvas = canvas_of(chart((1.0,) * 50, (2.0,) * 50, (3.0,) * 50, steps=49), look=Look("dark", "none"))
    patterns = {tuple(filter(is_braille, row)) for row in rows(canvas)} - {()}
    assert len(patterns) == 3


def test_a_level_says_what_it_means() -> None:
    canvas = canvas_of(replace(chart((1.0, 0.5), log=True), levels=(Level(1e-5, "one millionth"),)))
    row = next(y for y, row in enumerate(rows(canvas)) if "one millionth" in row)
    assert sum(is_braille(canvas.at(x, row + 1)) for x in range(W)) > 40


def test_a_level_keeps_out_of_the_way_of_values() -> None:
    canvas = canvas_of(replace(chart((0.0, 1.0, 0.55), names=("a",), steps=2), levels=(Level(0.5, "chance"),)))
    assert "0.55" in text(canvas)
    assert "chance" in text(canvas)


def test_a_level_without_a_place_is_left_out() -> None:
    assert "never" not in text(canvas_of(replace(chart((1.0,), log=True), levels=(Level(0.0, "never"),))))


def test_a_frozen_chart_has_no_colour_of_a_series() -> None:
    look = Look()
    styles = {s.style for y in range(H) for s in canvas_of(chart((1.0, 2.0)), frozen=True).segments(y)}
    assert look.style("s1 on panel") not in styles
    assert look.style("muted on panel") in styles


@pytest.mark.parametrize("h", [1, 2])
def test_what_remains_is_a_row_of_bars_and_the_last_value(h: int) -> None:
    last = rows(canvas_of(chart((1.0, 2.0, 4.0)), w=20, h=h))[-1]
    assert last == "▁▃▇                4"


def test_a_number_is_whole_or_absent() -> None:
    """Half a number would be another number."""
    for w in range(1, 40):
        for h in range(1, 8):
            words = text(canvas_of(chart((1.0, 8.9e-6), log=True, steps=1), w, h)).split()
            assert not {"8", "8.", "8.9", "8.9e", "8.9e-", ".9e-6", "9e-6", "e-6", "-6"} & set(words), (w, h)


def test_a_bar_row_shows_that_it_went_to_infinity() -> None:
    assert "▲" in text(canvas_of(chart((1.0,) * 50 + (INF,) + (1.0,) * 49), w=12, h=1))


def test_a_flat_look_has_no_shades() -> None:
    assert shades(canvas_of(chart(loss(0.09, 58), log=True), look=Look("light", "16"))) == set()
