"""A surface and its path: where it is low, where the path went, and where it left."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from lessons.kit.pictures import Field, Point, Surface, field
from tests.draw.pictures import BOWL, INF, LOOKS, NAN, descend, is_braille, rows, shades, steep_bowl, surface, text
from tutor.draw.backdrop import backdrop, edges
from tutor.draw.canvas import Canvas, Look
from tutor.draw.surface import draw_surface, legend, on_map

W, H = 62, 13


def canvas_of(picture: Surface, w: int = W, h: int = H, look: Look | None = None, frozen: bool = False) -> Canvas:
    canvas = Canvas(w, h, look or Look(), "panel")
    draw_surface(canvas, 0, 0, w, h, picture, frozen)
    return canvas


def place_of(canvas: Canvas, sign: str) -> list[tuple[int, int]]:
    return [(x, y) for y in range(canvas.height) for x in range(canvas.width) if canvas.at(x, y) == sign]


def test_start_now_and_lowest_are_marked_where_they_are() -> None:
    canvas = canvas_of(surface((1.0, 1.0), (-0.7, 0.7)))
    assert place_of(canvas, "○") == [(53, 1)]
    assert place_of(canvas, "●") == [(15, 3)]
    assert place_of(canvas, "┼") == [(31, 6)]


def test_before_the_first_step_there_is_the_start_alone() -> None:
    canvas = canvas_of(surface((1.0, 1.0)))
    assert len(place_of(canvas, "○")) == 1
    assert place_of(canvas, "●") == []


def test_without_a_path_there_is_the_ground_alone() -> None:
    canvas = canvas_of(surface(lowest=None))
    assert not set(text(canvas)) & set("○●┼")


def test_the_path_joins_its_points() -> None:
    """In braille, from the start to now, without a hole."""
    canvas = canvas_of(surface((-1.2, 1.2), (1.2, -1.2), lowest=None))
    columns = [x for x in range(W) if any(is_braille(canvas.at(x, y)) for y in range(H))]
    assert columns == list(range(columns[0], columns[-1] + 1))
    assert len(columns) > 48


def test_the_lowest_place_has_the_last_shade_of_the_ramp() -> None:
    """And the highest, in the corner, the first."""
    for look in (Look(), Look("light"), Look("dark", "256")):
        grounds = backdrop(BOWL, W, H, look, "panel").grounds
        assert grounds[H // 2][W // 2] == f"ramp{look.bands - 1}"
        assert grounds[0][0] == "ramp0"


def test_a_symmetric_bowl_looks_symmetric() -> None:
    grounds = backdrop(BOWL, W, H, Look(), "panel").grounds
    assert grounds == grounds[::-1]
    assert grounds == [row[::-1] for row in grounds]


def test_bands_of_a_round_bowl_are_even_rings() -> None:
    """The shade changes about every so many columns on the way from the lowest place outwards."""
    round_bowl = field(lambda x, y: x * x + y * y, (-1, 1), (-1, 1))
    row = backdrop(round_bowl, 161, 81, Look(), "panel").grounds[40][80:]
    changes = [x for x in range(1, len(row)) if row[x] != row[x - 1]]
    widths = [right - left for left, right in itertools.pairwise(changes)]
    assert max(widths) - min(widths) <= 3


def test_a_single_high_place_does_not_flatten_the_rest() -> None:
    spike = Field((0, 1), (0, 1), 10, (*(float(k) for k in range(99)), 1e30))
    assert len(set(edges(spike.heights, 8))) == 7
    assert len(shades(canvas_of(Surface("", spike, ())))) >= Look().bands - 1


def test_a_plain_has_no_low_place() -> None:
    plain = field(lambda x, y: 3.0, (0, 1), (0, 1), 5, 5)
    assert shades(canvas_of(Surface("", plain, ()))) == {Look().colour("ramp0")}


@pytest.mark.parametrize("height", [NAN, INF])
def test_what_has_no_height_counts_as_high(height: float) -> None:
    broken = Field((0, 1), (0, 1), 4, (*map(float, range(15)), height))
    assert backdrop(broken, 20, 9, Look(), "panel").grounds[8][19] == "ramp0"


def test_frames_of_one_run_share_their_ground() -> None:
    """It is computed once for a field and a size, also where the next run sends an equal field anew."""
    again = Field(BOWL.x, BOWL.y, BOWL.columns, tuple(v + 0.0 for v in BOWL.heights))
    first = backdrop(BOWL, W, H, Look(), "panel")
    assert backdrop(again, W, H, Look(), "panel") is first
    assert backdrop(BOWL, W, H, Look("light"), "panel") is not first


def test_drawing_leaves_the_shared_ground_as_it_was() -> None:
    before = rows(backdrop(BOWL, W, H, Look(), "panel").canvas)
    canvas_of(surface(*descend(0.101, 60)))
    assert rows(backdrop(BOWL, W, H, Look(), "panel").canvas) == before


@pytest.mark.parametrize(
    ("beyond", "words"),
    [
        ((0.0, 9.0), "↑ off the map since step 2"),
        ((0.0, -9.0), "↓ off the map since step 2"),
        ((-9.0, 0.0), "← off the map since step 2"),
        ((9.0, 0.0), "→ off the map since step 2"),
        ((9.0, 30.0), "↑ off the map since step 2"),
        ((INF, 0.0), "→ off the map since step 2"),
        ((0.0, -INF), "↓ off the map since step 2"),
        ((NAN, 0.0), "✗ off the map since step 2"),
        ((1e308, -1e308), "off the map since step 2"),
    ],
)
def test_words_say_that_the_path_left_and_where(beyond: Point, words: str) -> None:
    """In danger, in the top row; the path ends at the edge, and nothing says where it is now."""
    canvas = canvas_of(surface((0.5, 0.5), (0.2, 0.2), beyond, (50.0, 50.0), lowest=None))
    assert words in canvas.text(0)
    assert place_of(canvas, "●") == []
    danger = {canvas.look.style(f"danger bold on ramp{k}") for k in range(canvas.look.bands)}
    assert any(segment.style in danger for segment in canvas.segments(0))


def test_the_path_ends_in_an_arrow_at_the_edge() -> None:
    assert (W - 1, 6) in place_of(canvas_of(surface((0.0, 0.0), (9.0, 0.0))), "→")
    assert (31, H - 1) in place_of(canvas_of(surface((0.0, 0.0), (0.0, -9.0))), "↓")


def test_the_words_keep_away_from_the_path() -> None:
    left, right = (canvas_of(surface((x, 0.0), (x, 9.0), lowest=None)).text(0) for x in (-1.0, 1.0))
    assert left.rstrip().endswith("step 1")
    assert right.lstrip().startswith("↑ off")


def test_a_real_run_that_diverges() -> None:
    assert "off the map since step 17" in canvas_of(surface(*descend(0.101, 200)), frozen=True).text(0)


@pytest.mark.parametrize("lr", [0.001, 0.09, 0.1])
def test_a_run_on_the_map_is_no_alarm(lr: float) -> None:
    assert "off" not in text(canvas_of(surface(*descend(lr, 200))))


def test_a_path_that_comes_back_has_not_left() -> None:
    canvas = canvas_of(surface((0.0, 0.0), (0.0, 9.0), (0.5, 0.0)))
    assert "off" not in text(canvas)
    assert len(place_of(canvas, "●")) == 1
    assert is_braille(canvas.at(31, 0))


def test_the_edge_is_on_the_map() -> None:
    """Also where 32-bit numbers put it a hair outside."""
    assert on_map((1.4, -1.4), BOWL)
    assert on_map((1.4000000953674316, 0.0), BOWL)
    assert not on_map((1.401, 0.0), BOWL)


def test_a_path_may_begin_off_the_map() -> None:
    assert "off the map since step 0" in canvas_of(surface((5.0, 0.0), (6.0, 0.0))).text(0)
    assert "off" not in text(canvas_of(surface((NAN, 0.0), (0.5, 0.5))))


def test_axes_are_named_where_there_is_room() -> None:
    canvas = canvas_of(surface())
    assert canvas.text(0).startswith(" ↑ steep axis ")
    assert canvas.text(H - 1).endswith(" flat axis → ")
    assert "axis" not in text(canvas_of(surface(), w=30))


def test_an_even_height_leaves_the_last_row() -> None:
    canvas = Canvas(20, 6, Look(), "panel")
    canvas.put(0, 5, "mine")
    draw_surface(canvas, 0, 0, 20, 6, surface())
    assert canvas.text(5).startswith("mine")


@pytest.mark.parametrize(
    "picture",
    [
        replace(surface(), field=None),
        Surface("", Field((0, 1), (0, 1), 0, ()), ()),
        Surface("", Field((0, 1), (0, 1), 3, ()), ()),
    ],
)
def test_without_a_field_there_is_nothing(picture: Surface) -> None:
    assert text(canvas_of(picture)).split() == []


def test_a_frozen_path_is_muted() -> None:
    canvas = canvas_of(surface((1.0, 1.0), (-1.0, -1.0)), frozen=True)
    styles = [segment.style for y in range(H) for segment in canvas.segments(y) if any(map(is_braille, segment.text))]
    assert {style.color for style in styles if style} == {canvas.look.style("muted").color}


@pytest.mark.parametrize("depth", ["16", "none"])
def test_a_flat_look_has_lines_of_equal_loss(depth: str) -> None:
    """No shade at all; the lines are dim and cross the middle column evenly often above and below."""
    canvas = canvas_of(surface(lowest=None), look=Look("dark", depth))
    assert shades(canvas) == set()
    lines = [y for y in range(H) if is_braille(canvas.at(31, y))]
    assert len(lines) >= 8
    assert lines == [H - 1 - y for y in reversed(lines)]


def test_in_ascii_zero_is_lowest() -> None:
    canvas = canvas_of(surface((1.0, 1.0), (0.5, -1.0), lowest=None), look=Look(ascii=True))
    assert text(canvas).isascii()
    assert canvas.at(31, 6) == "0"
    assert canvas.at(W - 1, 0) == "9"
    assert len(place_of(canvas, "@")) == 1
    assert len(place_of(canvas, "o")) > 8


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (Look(), "brighter is lower"),
        (Look("light", "256"), "darker is lower"),
        (Look("light", "16"), "lines of equal loss"),
        (Look("dark", "true", True), "0 is lowest"),
    ],
)
def test_the_legend_says_how_to_read_it(look: Look, words: str) -> None:
    assert legend(look) == words


@pytest.mark.parametrize("look", LOOKS)
def test_a_step_changes_few_cells(look: Look) -> None:
    """What a slow line has to carry for one step is a small part of the picture."""
    path = descend(0.09, 6)
    before, after = canvas_of(surface(*path[:6]), look=look), canvas_of(surface(*path), look=look)
    assert 1 <= sum(count for _, _, count in after.changes(before)) <= 30


def test_a_path_along_the_edge_leaves_where_it_leaves() -> None:
    """A hair beyond one edge is still on the map, and so is no way out."""
    wide = field(steep_bowl, (1.0, 1000001.0), (-1.0, 1.0), 3, 3)
    canvas = canvas_of(Surface("", wide, ((0.0, 0.0), (0.0, 0.5), (0.0, 2.0))))
    assert "↑ off the map since step 2" in canvas.text(0)
