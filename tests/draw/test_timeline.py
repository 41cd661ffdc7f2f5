"""Timelines: stretches stand where their times are, and say what they are without a colour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons.kit.pictures import Lane, Stretch, Timeline
from tests.draw.amounts import LOADING, shown, styles
from tests.draw.pictures import LOOKS, rows, text
from tutor.draw.bars import FILLS
from tutor.draw.canvas import Canvas, Look
from tutor.draw.timeline import timeline_rows

KINDS = ("fetches", "waits")


def one(*stretches: Stretch, end: float = 10.0) -> Timeline:
    return Timeline("work", KINDS, (Lane("pid 1", stretches),), end)


def cells_of(canvas: Canvas, y: int, kind: int) -> list[int]:
    """The columns of a row that a kind of stretch fills."""
    ground = canvas.look.style(f"text on p{kind + 1}").bgcolor
    return [x for x, style in enumerate(styles(canvas, y)) if style.bgcolor == ground]


def lane_row(canvas: Canvas, name: str) -> int:
    return next(y for y in range(canvas.height) if canvas.text(y).startswith(name))


def test_a_stretch_stands_where_its_time_is() -> None:
    """Of 40 columns after the name the second quarter, and the last."""
    canvas = shown(one(Stretch(2.5, 5.0, 0), Stretch(7.5, 10.0, 1)), 47)
    y = lane_row(canvas, "pid 1")
    assert cells_of(canvas, y, 0) == list(range(17, 27))
    assert cells_of(canvas, y, 1) == list(range(37, 47))


def test_the_shortest_stretch_has_a_cell_and_the_longest_ends_with_the_track() -> None:
    canvas = shown(one(Stretch(0.0, 0.0, 0), Stretch(9.9999, 50.0, 1)), 47)
    y = lane_row(canvas, "pid 1")
    assert cells_of(canvas, y, 0) == [7]
    assert cells_of(canvas, y, 1) == [46]


@pytest.mark.parametrize(("end", "label"), [(0.5, "F "), (0.8, "F12"), (5.0, "F12 ")])
def test_a_stretch_says_its_kind_and_its_name_where_they_fit(end: float, label: str) -> None:
    canvas = shown(one(Stretch(0.0, end, 0, "12")), 47)
    assert canvas.text(lane_row(canvas, "pid 1"))[7:].ljust(4).startswith(label)


@pytest.mark.parametrize("look", LOOKS)
def test_kinds_are_told_apart_without_colours(look: Look) -> None:
    """By letters in the picture and in its key, and by fillings where there are no shades."""
    seen = text(shown(LOADING, 62, look=look))
    for label in ("F0", "F1", "F2", "W", "T0", "T1", "fetches", "waits", "trains", "trainer", "pid 4712"):
        assert label in seen
    if look.flat and not look.ascii:
        assert all(FILLS[kind] in seen for kind in range(3))


def test_lanes_are_lower_where_there_is_little_room() -> None:
    for h in range(4, 30):
        seen = rows(shown(LOADING, 62, h))
        assert all(any(row.startswith(lane.name) for row in seen) for lane in LOADING.lanes)


def test_the_axis_has_round_times_and_the_unit() -> None:
    ticks = next(row for row in rows(shown(LOADING, 62)) if row.startswith("ms"))
    assert ticks.split()[1] == "0"
    assert ticks.split()[-1] == "80"


def test_it_wants_more_rows_for_more_lanes() -> None:
    assert timeline_rows(replace(LOADING, lanes=LOADING.lanes * 2), 62) == timeline_rows(LOADING, 62) + 9
