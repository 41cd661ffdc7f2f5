"""A matrix: its numbers where they fit, its shades, and what is the matter with some of its cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons.kit.pictures import Grid
from tests.draw.amounts import GRADIENT, in_style, shown, styles
from tests.draw.pictures import INF, LOOKS, NAN, rows, shades, text
from tutor.draw.canvas import Look
from tutor.draw.grid import grid_rows

SHADED = [look for look in LOOKS if not look.flat]
FLAT = [look for look in LOOKS if look.flat]


def matrix(height: int, width: int, marked: tuple[int, ...] = ()) -> Grid:
    values = tuple(float(k) for k in range(height * width))
    rows, columns = tuple(f"r{k}" for k in range(height)), tuple(f"c{k}" for k in range(width))
    return Grid("matrix", rows, columns, values, marked=marked, meaning="overflowed")


def test_a_small_matrix_shows_its_numbers() -> None:
    canvas = shown(GRADIENT, 62)
    assert canvas.text(2).split() == ["in", "0", "in", "1", "in", "2"]
    assert canvas.text(3).split() == ["out", "0", "0.5", "−0.25", "0!"]
    assert canvas.text(4).split() == ["out", "1", "✗", "▲", "1"]
    assert grid_rows(GRADIENT, 62) == canvas.height == 7


def test_numbers_end_in_one_column() -> None:
    canvas = shown(matrix(3, 3), 40)
    ends = [[x for x in range(1, 40) if row[x].isspace() and row[x - 1].isdigit()] for row in rows(canvas)[3:6]]
    assert ends[0][1:] == ends[1][1:] == ends[2][1:]


def test_what_is_marked_is_counted_and_explained() -> None:
    canvas = shown(GRADIENT, 62)
    assert canvas.text(6).strip() == "! 1 of 6 became 0   ✗ 1 nan   ▲ 1 inf"
    assert in_style(canvas, 3, "warn bold") == "0!"
    assert in_style(canvas, 4, "danger bold") == "✗      ▲"


def test_where_nothing_is_the_matter_nothing_is_said() -> None:
    canvas = shown(matrix(2, 2), 62)
    assert not set("!✗▲") & set(text(canvas))
    assert not canvas.text(6).strip()


@pytest.mark.parametrize("look", LOOKS)
def test_a_large_matrix_has_a_cell_for_every_value(look: Look) -> None:
    """As blocks: every marked one has its sign, also without colour."""
    marked = (0, 17, 63)
    canvas = shown(matrix(4, 16, marked), 44, look=look)
    signs = [(x, y) for y in range(3, 7) for x in range(44) if canvas.at(x, y) == "!"]
    size = (44 - 4) // 16
    assert signs == [(4 + k % 16 * size + (size - 1) // 2, 3 + k // 16) for k in marked]
    assert canvas.text(8).strip() == "! 3 of 64 overflowed"


@pytest.mark.parametrize("look", SHADED)
def test_the_largest_has_the_last_shade_and_the_smallest_the_first(look: Look) -> None:
    canvas = shown(matrix(4, 16), 44, look=look)
    first, last = styles(canvas, 3)[4].bgcolor, styles(canvas, 6)[4 + 31].bgcolor
    assert first == look.style("text on ramp0").bgcolor
    assert last == look.style(f"text on ramp{look.bands - 1}").bgcolor


@pytest.mark.parametrize("look", FLAT)
def test_without_shades_characters_go_from_low_to_high(look: Look) -> None:
    canvas = shown(matrix(1, 20), 62, look=look)
    order = " .+%#" if look.ascii else " ░▒▓█"
    blocks = canvas.text(3)[4:44]
    assert sorted(blocks, key=order.index) == list(blocks)
    assert set(blocks) == set(order)
    assert shades(canvas) == set()


def test_given_ends_fix_the_shades() -> None:
    """So that they hold still from frame to frame; what is beyond has the last one."""
    look = Look()
    canvas = shown(replace(matrix(4, 16), low=0.0, high=1e6), 44)
    assert {style.bgcolor for style in styles(canvas, 5)[4:36]} == {look.style("text on ramp0").bgcolor}
    canvas = shown(replace(matrix(4, 16), low=-2.0, high=-1.0), 44)
    assert styles(canvas, 5)[4].bgcolor == look.style(f"text on ramp{look.bands - 1}").bgcolor


def test_more_than_fits_is_said() -> None:
    canvas = shown(matrix(30, 80, (0, 2399)), 44, 9)
    assert "→ 41 more" in text(canvas)
    assert "↓ 24 more" in text(canvas)
    assert rows(canvas)[-1].strip() == "! 2 of 2400 overflowed"


@pytest.mark.parametrize("values", [(NAN,) * 4, (INF, -INF, NAN, 0.0), (0.0,) * 4, (1e308, -1e308, 5e-324, 0.0)])
def test_no_values_are_too_strange(values: tuple[float, ...]) -> None:
    for w in (4, 20, 62):
        for look in LOOKS:
            canvas = shown(Grid("odd", ("a", "b"), ("c", "d"), values), w, look=look)
            assert (("✗" in text(canvas)) or ("x" in text(canvas))) == (NAN in values)


def test_the_ends_of_the_shades_stand_in_the_title_row() -> None:
    assert shown(matrix(4, 16), 62).text(0).split() == ["matrix", "0", "63"]
