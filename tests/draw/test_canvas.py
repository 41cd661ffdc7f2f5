"""The grid of cells: what is written stands, what does not fit is left out, and columns stay columns."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.draw.pictures import rows
from tutor.draw.canvas import Canvas, Dots, Look
from tutor.draw.glyphs import cells, cut, width

LOOK = Look()
PLAIN = Look(ascii=True)
GLYPHS = "━─╌┄│┃╭╮╰╯┛┼╋●○■▌▏▸▾▲✓✗‹›·–←→↑↓▀▁▂▃▄▅▆▇█▓▒░λ×²−…⠿"
WIDE_TEXT = st.text(alphabet=st.sampled_from("ab ·界한é\u0301\x1b\n\u200d\ufe0f😀━"), max_size=12)
WRITES = st.lists(
    st.tuples(
        st.integers(-5, 45), st.integers(-1, 4), WIDE_TEXT, st.sampled_from(["text", "accent", "bright bold on panel"])
    ),
    max_size=8,
)


def written(writes: list[tuple[int, int, str, str]], w: int = 40, h: int = 3, look: Look = LOOK) -> Canvas:
    canvas = Canvas(w, h, look)
    for x, y, text, spec in writes:
        canvas.put(x, y, text, spec)
    return canvas


def state(canvas: Canvas, y: int) -> list[tuple[str, object]]:
    """The cells of a row with their styles, as the terminal would hold them."""
    return [(cell, run.style) for run in canvas.segments(y) for cell in cells(run.text)]


def test_put_returns_the_column_after() -> None:
    canvas = Canvas(10, 1, LOOK)
    assert canvas.put(1, 0, "abc") == 4
    assert canvas.put(4, 0, "界") == 6
    assert canvas.text(0) == " abc界    "


def test_what_lies_outside_is_left_out() -> None:
    """On all four sides, and the column after is counted all the same."""
    canvas = Canvas(4, 1, LOOK)
    assert canvas.put(-2, 0, "abcdefgh") == 6
    assert canvas.text(0) == "cdef"
    canvas.put(0, -1, "above")
    canvas.put(0, 1, "below")
    canvas.put(4, 0, "right")
    assert rows(canvas) == ["cdef"]


@pytest.mark.parametrize(("w", "h"), [(0, 0), (1, 1), (0, 5), (5, 0), (-3, -3)])
def test_the_smallest_canvas_takes_everything(w: int, h: int) -> None:
    canvas = Canvas(w, h, LOOK)
    canvas.put(0, 0, "text")
    canvas.right(1, 0, "text")
    canvas.fill(-2, -2, 9, 9, "text", "界")
    canvas.paste(Canvas(3, 3, LOOK), -1, -1)
    assert all(cell_len(row) == max(0, w) for row in rows(canvas))
    assert canvas.segments(5) == []


def test_right_ends_before_the_column() -> None:
    canvas = Canvas(6, 1, LOOK)
    canvas.right(6, 0, "界a")
    assert canvas.text(0) == "   界a"


def test_fill_stays_inside() -> None:
    canvas = Canvas(4, 3, LOOK)
    canvas.fill(-1, 1, 3, 9, "text on raised", "x")
    assert rows(canvas) == ["    ", "xx  ", "xx  "]


@pytest.mark.parametrize(
    ("x", "text", "row"),
    [
        (4, "x", "    x界  "),  # before it: untouched
        (5, "x", "     x   "),  # on its left half
        (6, "x", "      x  "),  # on its right half
        (7, "x", "     界x "),  # after it
        (8, "界", "     界  "),  # half of it would be outside
        (-1, "界", "     界  "),
    ],
)
def test_half_a_wide_character_is_a_blank(x: int, text: str, row: str) -> None:
    canvas = Canvas(9, 1, LOOK)
    canvas.put(5, 0, "界")
    canvas.put(x, 0, text)
    assert canvas.text(0) == row


@given(WRITES)
def test_no_write_moves_a_column(writes: list[tuple[int, int, str, str]]) -> None:
    """Whatever is written where, every row takes exactly the canvas' width, also as segments."""
    canvas = written(writes)
    for y in range(canvas.height):
        assert cell_len(canvas.text(y)) == canvas.width
        assert sum(segment.cell_length for segment in canvas.segments(y)) == canvas.width


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "a\tb", "\x9b31m", "a\u202eb", "\u200b"])
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    canvas = Canvas(20, 1, LOOK)
    canvas.put(0, 0, text)
    assert canvas.text(0).isprintable()


def test_a_combining_mark_joins_its_letter() -> None:
    canvas = Canvas(4, 1, LOOK)
    assert canvas.put(0, 0, "e\u0301a") == 2
    assert canvas.at(0, 0) == "e\u0301"


@given(st.text())
def test_ascii_is_ascii_and_as_wide(text: str) -> None:
    plain = cells(text, True)
    assert all(cell.isascii() and len(cell) == 1 for cell in plain)
    assert len(plain) == width(text)


def test_every_sign_we_draw_has_a_stand_in() -> None:
    """Only what readers and libraries write may become a question mark."""
    canvas = Canvas(len(GLYPHS), 1, PLAIN)
    canvas.put(0, 0, GLYPHS[:-1])
    assert "?" not in canvas.text(0)
    assert canvas.text(0).startswith("=-..|#+++++++@o#>|>v^+x<>.-<>^v")


@given(WIDE_TEXT, st.integers(0, 14))
def test_cut_fits(text: str, room: int) -> None:
    """What fits is left alone; what does not ends in an ellipsis and fills at most the room."""
    short = cut(text, room)
    assert width(short) <= room
    assert short == text if width(text) <= room else short == "" or short.endswith("…")


@given(WRITES)
def test_segments_are_runs_of_one_style(writes: list[tuple[int, int, str, str]]) -> None:
    canvas = written(writes)
    for y in range(canvas.height):
        runs = canvas.segments(y)
        assert "".join(run.text for run in runs) == canvas.text(y)
        assert all(one.style != other.style for one, other in itertools.pairwise(runs))


@given(WRITES, WRITES)
def test_changes_are_what_changed(
    first: list[tuple[int, int, str, str]], second: list[tuple[int, int, str, str]]
) -> None:
    """The changed spans of the new canvas laid over the old one give the new one, and each span has a reason."""
    before, after = written(first), written([*first, *second])
    screen = [state(before, y) for y in range(before.height)]
    for x, y, count in after.changes(before):
        new = state(after, y)[x : x + count]
        assert new != screen[y][x : x + count]
        screen[y][x : x + count] = new
    assert screen == [state(after, y) for y in range(after.height)]


def test_nothing_changed_is_nothing_to_send() -> None:
    assert written([(0, 0, "same", "text")]).changes(written([(0, 0, "same", "text")])) == []


def test_far_changes_in_a_row_are_sent_apart() -> None:
    before, after = Canvas(60, 1, LOOK), Canvas(60, 1, LOOK)
    after.put(3, 0, "ab")
    after.put(50, 0, "c")
    assert after.changes(before) == [(3, 0, 2), (50, 0, 1)]
    after.put(22, 0, "d")
    after.put(35, 0, "e")
    assert after.changes(before) == [(3, 0, 2), (22, 0, 29)]


def test_another_size_or_look_changes_every_row() -> None:
    assert Canvas(5, 2, LOOK).changes(Canvas(5, 3, LOOK)) == [(0, 0, 5), (0, 1, 5)]
    assert Canvas(5, 1, LOOK).changes(Canvas(5, 1, PLAIN)) == [(0, 0, 5)]


def test_paste_copies_cells_with_their_styles() -> None:
    small = Canvas(3, 2, LOOK, "panel")
    small.put(0, 0, "abc", "accent")
    small.put(1, 1, "界")
    canvas = Canvas(6, 2, LOOK)
    canvas.paste(small, 4, 0)
    assert rows(canvas) == ["    ab", "      "]
    canvas.paste(small, 1, 0)
    assert rows(canvas) == [" abcab", "  界  "]
    assert state(canvas, 0)[1] == state(small, 0)[0]


def test_an_unknown_token_is_named() -> None:
    with pytest.raises(ValueError, match="'sky' in 'sky on panel' is no colour token"):
        LOOK.style("sky on panel")


def test_colours_as_css() -> None:
    assert LOOK.colour("bg") == "#16181d"
    assert Look("dark", "16").colour("accent") == "ansi_cyan"
    assert Look("dark", "16").colour("bg") == Look("dark", "none").colour("accent") == "ansi_default"


def dotted(dots: Dots, look: Look = LOOK) -> Canvas:
    canvas = Canvas(dots.width, dots.height, look)
    dots.onto(canvas, 0, 0)
    return canvas


def test_a_line_is_eight_points_to_a_cell() -> None:
    dots = Dots(2, 1)
    dots.line(0, 0, 3, 3, "s1")
    assert dotted(dots).text(0) == "⠑⢄"


@pytest.mark.parametrize("end", [(1e9, 0.0), (1e300, 0.0), (3.6, 0.0)])
def test_a_line_is_cut_at_the_edge(end: tuple[float, float]) -> None:
    dots = Dots(2, 1)
    dots.line(0, 0, *end, "s1")
    assert dotted(dots).text(0) == "⠉⠉"


@pytest.mark.parametrize("end", [(float("inf"), 0.0), (0.0, float("nan"))])
def test_a_line_to_no_place_is_not_drawn(end: tuple[float, float]) -> None:
    dots = Dots(2, 1)
    dots.line(0, 0, *end, "s1")
    assert dotted(dots).text(0) == "  "


def test_gaps_run_on_through_the_points_of_a_curve() -> None:
    """Every third dot of the whole, however the curve is cut into lines."""
    whole, parts = Dots(6, 1), Dots(6, 1)
    whole.curve([(0, 0), (11, 0)], "s1", gap=3)
    parts.curve([(k, 0) for k in range(12)], "s1", gap=3)
    assert dotted(whole).text(0) == dotted(parts).text(0) == "⠁⠈ ⠁⠈ "


def test_two_lines_in_one_cell_keep_all_their_dots() -> None:
    """The colours take turns from column to column, so that neither line hides the other."""
    dots = Dots(4, 1)
    dots.line(0, 0, 7, 0, "s1")
    dots.line(0, 3, 7, 3, "s2")
    canvas = dotted(dots)
    assert canvas.text(0) == "⣉⣉⣉⣉"
    assert [run.style for run in canvas.segments(0)] == [LOOK.style(f"{spec} on bg") for spec in ("s1", "s2") * 2]


def test_dots_in_ascii_are_a_mark_a_cell() -> None:
    dots = Dots(3, 2)
    dots.line(0, 0, 5, 0, "s1")
    dots.line(0, 7, 5, 7, "s2")
    assert rows(dotted(dots, PLAIN)) == ["***", "+++"]
