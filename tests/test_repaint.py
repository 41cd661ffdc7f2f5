"""Only what differs is sent, and the terminal then shows what it would have shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.terminal import Terminal
from tutor.repaint import Repaint

COLUMNS, ROWS = 24, 5
STYLES = (
    "",
    "1",
    "38;5;253;48;5;233",
    "1;38;5;74;48;5;233",
    "2;4",
    "38;2;1;2;3;48;2;4;5;6",
    "31;44",
    "7;97",
    "48;5;24",
)
LETTERS = "ab █⣿─é"

Piece = tuple[int, int, str, str]
"""Row, column, style, text."""


def paint(pieces: list[Piece]) -> str:
    """As Textual writes it: each stretch with its whole style and a reset behind it, and a move at the end."""
    drawn = (
        f"\x1b[{y};{x}H\x1b[{style}m{text}\x1b[0m" if style else f"\x1b[{y};{x}H{text}" for y, x, style, text in pieces
    )
    return "".join(drawn) + "\x1b[1;1H"


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    text = draw(st.text(LETTERS, min_size=1, max_size=COLUMNS))
    column = draw(st.integers(1, COLUMNS - len(text) + 1))
    return draw(st.integers(1, ROWS)), column, draw(st.sampled_from(STYLES)), text


def same(one: Terminal, other: Terminal) -> bool:
    return all(one.screen.buffer[y][x] == other.screen.buffer[y][x] for y in range(ROWS) for x in range(COLUMNS))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.lists(pieces(), min_size=1, max_size=6), st.integers(0, 200), st.booleans()), max_size=6))
def test_the_terminal_shows_what_was_painted(paints: list[tuple[list[Piece], int, bool]]) -> None:
    """Whatever is painted, however little is sent at a time, and when what it shows is forgotten in between."""
    plain, told, repaint = Terminal(COLUMNS, ROWS), Terminal(COLUMNS, ROWS), Repaint()
    for drawn, limit, forgets in paints:
        plain.feed(paint(drawn).encode())
        assert repaint.take(paint(drawn))
        if forgets:
            repaint.forget()
        told.feed(repaint.changes(limit).encode())
    while not repaint.told:
        told.feed(repaint.changes(1).encode())
    assert same(plain, told)


def test_what_stands_there_is_not_sent_again() -> None:
    """Nothing at all for the same paint; one cell for one cell."""
    repaint = Repaint()
    page = paint([(y, 1, STYLES[2], "a" * COLUMNS) for y in range(1, ROWS + 1)])
    repaint.take(page)
    first = repaint.changes()
    repaint.take(page)
    assert repaint.changes() == ""
    repaint.take(paint([(2, 3, STYLES[2], "b")]))
    assert repaint.changes() == "\x1b[2;3H\x1b[38;5;253;48;5;233mb\x1b[m"
    assert len(first) < len(page)


def test_a_style_is_changed_by_what_differs() -> None:
    """One colour alone where the other stays; a reset only where a switch goes off."""
    repaint = Repaint()
    repaint.take(paint([(1, 1, "38;5;1;48;5;2", "a"), (1, 2, "38;5;3;48;5;2", "b"), (1, 3, "1;38;5;3;48;5;2", "c")]))
    repaint.take(paint([(1, 4, "38;5;3;48;5;2", "d")]))
    assert repaint.changes() == "\x1b[1;1H\x1b[38;5;1;48;5;2ma\x1b[38;5;3mb\x1b[1mc\x1b[0;38;5;3;48;5;2md\x1b[m"


def test_the_newest_paint_goes_first_and_overtakes() -> None:
    """A row that was painted twice before there was room is sent once, as it is now."""
    repaint = Repaint()
    repaint.take(paint([(y, 1, "", f"old {y}") for y in range(1, ROWS + 1)]))
    repaint.take(paint([(4, 1, "", "new 4")]))
    assert repaint.changes(1).startswith("\x1b[4;1Hnew 4")
    rest = repaint.changes()
    assert "old 4" not in rest
    assert rest.index("old 1") < rest.index("old 5")
    assert repaint.told


@pytest.mark.parametrize("text", ["漢字 a", "x👍y", "a漢"])
def test_wide_characters_keep_their_place(text: str) -> None:
    """What stands behind them does not move, and half of one is never sent."""
    plain, told, repaint = Terminal(COLUMNS, ROWS), Terminal(COLUMNS, ROWS), Repaint()
    for drawn in (
        [(1, 1, "1", text), (1, 9, "", "z")],
        [(1, 1, "31;44", text)],
        [(1, 2, "", "-")],
        [(1, 1, "1", text)],
    ):
        plain.feed(paint(drawn).encode())
        repaint.take(paint(drawn))
        told.feed(repaint.changes().encode())
    assert plain.text() == told.text()


@pytest.mark.parametrize(
    "other", ["\x1b]8;;http://x\x1b\\link", "\x1b[2J", "a\tb", "\x9b31m", "\x1b[5A", "e\u0301", "❤\ufe0f", "👩\u200d💻"]
)
def test_what_is_no_paint_is_left_to_the_caller(other: str) -> None:
    """And is not noted: nothing of it would be sent twice."""
    repaint = Repaint()
    assert not repaint.take(paint([(1, 1, "", "a")]) + other)
    assert repaint.changes() == ""


def test_after_another_painter_only_what_is_painted_anew_is_known() -> None:
    """Cells that nobody painted since are left as they are."""
    repaint = Repaint()
    repaint.take(paint([(1, 1, "", "abc")]))
    repaint.begin_anew()
    repaint.take(paint([(1, 3, "", "x")]))
    assert repaint.changes() == "\x1b[1;3Hx"


def test_half_of_a_wide_character_goes_with_the_other() -> None:
    """And what stands behind it stays where it was."""
    repaint, told = Repaint(), Terminal(COLUMNS, ROWS)
    for drawn in ([(1, 1, "", "漢abcdef")], [(1, 1, "", "x"), (1, 4, "", "Z")], [(1, 7, "", "漢")], [(1, 8, "", "y")]):
        repaint.take(paint(drawn))
        told.feed(repaint.changes().encode())
    assert told.rows()[0] == "x aZcd y"


def test_what_lies_outside_a_smaller_window_is_not_drawn() -> None:
    """Where a terminal would draw it over its last row; in a larger one it stands again, painted anew or not."""
    repaint = Repaint()
    page = paint([(y, 1, "", f"row {y}") for y in range(1, ROWS + 1)])
    repaint.take(page)
    repaint.resize(4, 2)
    repaint.take(page)
    assert repaint.changes() == "\x1b[1;1Hrow \x1b[2;1Hrow "
    assert repaint.told
    repaint.resize(COLUMNS, ROWS)
    told = Terminal(COLUMNS, ROWS)
    told.feed(repaint.changes().encode())
    assert told.rows() == [f"row {y}" for y in range(1, ROWS + 1)]


@pytest.mark.parametrize(("columns", "seen"), [(2, "a "), (3, "a漢"), (4, "a漢b")])
def test_a_wide_character_that_the_edge_cuts_is_a_blank(columns: int, seen: str) -> None:
    """Terminals differ in what they make of half of it."""
    repaint = Repaint()
    repaint.take(paint([(1, 1, "", "a漢b")]))
    repaint.resize(columns, ROWS)
    assert re.sub(r"\x1b\[[\d;]*H", "", repaint.changes()) == seen
