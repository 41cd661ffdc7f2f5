"""One line of text under a cursor."""

from __future__ import annotations

import pytest
from textual import events

from tutor.draw.canvas import Canvas, Look
from tutor.widgets.line import Line

LETTERS = {" ": "space"}


def typed(line: Line, *keys: str) -> Line:
    """Presses keys; a single character is typed as itself."""
    for key in keys:
        character = key if len(key) == 1 else None
        line.key(events.Key(LETTERS.get(key, key), character))
    return line


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("abc", "abc"),
        ((*"abc", "backspace"), "ab"),
        ((*"abc", "left", "left", "x"), "axbc"),
        ((*"abc", "left", "backspace"), "ac"),
        ((*"abc", "home", "delete"), "bc"),
        ((*"abc", "home", "x", "end", "y"), "xabcy"),
        ((*"abc", "left", "ctrl+u"), "c"),
        (("backspace", "delete", "left", "right", "a"), "a"),
        ("w*x + b", "w*x + b"),
    ],
)
def test_keys_edit_the_text_at_the_cursor(keys: str | tuple[str, ...], text: str) -> None:
    """And at its ends they do nothing."""
    assert typed(Line(), *keys).text == text


@pytest.mark.parametrize(
    ("keys", "text"),
    [("x", "x"), (("backspace",), ""), (("end", "x"), "w*xx"), (("left", "y"), "w*yx"), (("home", "2"), "2w*x")],
)
def test_the_first_letter_replaces_what_stood_there(keys: tuple[str, ...], text: str) -> None:
    """As in a field whose text is selected; any other key keeps it."""
    line = Line()
    line.set("w*x")
    assert typed(line, *keys).text == text


def test_a_paste_replaces_it_too() -> None:
    """But only the first one."""
    line = Line()
    line.set("w*x")
    line.insert("sin(")
    line.insert("x)")
    assert line.text == "sin(x)"


def test_other_keys_are_not_taken() -> None:
    """They are the screen's."""
    line = Line("ab", 2)
    assert not line.key(events.Key("f5", None))
    assert not line.key(events.Key("ctrl+q", None))
    assert line.text == "ab"


def test_a_paste_is_one_line_and_no_longer_than_there_is_room() -> None:
    """Line breaks become spaces."""
    line = Line(most=10)
    line.insert("w * x\n+ b and more")
    assert line.text == "w * x + b "
    typed(line, "x")
    assert line.text == "w * x + b "


@pytest.mark.parametrize("at", range(9))
def test_wide_characters_stay_within_their_room(at: int) -> None:
    """Two columns each, and the cursor among them."""
    canvas = Canvas(20, 1, Look())
    Line("数学数学数学数学", at).draw(canvas, 3, 0, 6)
    row = canvas.text(0)
    assert canvas.at(2, 0) == " "
    assert all(canvas.at(x, 0) == " " for x in range(9, 20))
    assert ("▏" if at == 8 else "数学"[at % 2]) in row


@pytest.mark.parametrize("at", range(13))
def test_the_cursor_is_always_in_sight(at: int) -> None:
    """Also where the text is longer than the room."""
    canvas = Canvas(20, 1, Look())
    Line("abcdefghijkl", at).draw(canvas, 3, 0, 5)
    row = canvas.text(0)
    assert row[:3] + row[9:] == " " * 14
    assert ("▏" if at == 12 else "abcdefghijkl"[at]) in row
