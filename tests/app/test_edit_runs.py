"""A version of one's own, run from the editor: its picture, its failure and what it prints are seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reader]:
    """In the editor of the bowl."""
    columns, rows = request.param
    where = "learning_rate#too-small-looks-like-nothing"
    with Session(["tutor", "lesson", where], columns, rows, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("2 of ", "torch ")
        reader.press("e")
        reader.sees("letters type")
        yield reader


def test_a_run_from_the_editor_shows_its_picture(reader: Reader) -> None:
    """Where there is no room for both, in place of the code, until a key is pressed; that key types nothing."""
    before = reader.session.text()
    reader.press("ctrl+r")
    reader.sees("loss from above" if reader.wide else "back to the code", "✓ finished")
    if reader.wide:
        assert "def bowl" in reader.session.text()
        return
    reader.press("x")
    assert "xdef" not in reader.sees("def bowl", "letters type")
    assert "def bowl" in before
    reader.press("x")
    reader.sees("xdef bowl")


def test_a_run_that_fails_brings_the_code_back(reader: Reader) -> None:
    """With the failing line marked, and the cursor there."""
    reader.type("x = ")
    reader.press("ctrl+r")
    reader.sees("✗ line 1", "SyntaxError", "x = def bowl")
    reader.type("y")
    reader.sees_no("x = def")


def test_what_a_version_prints_is_shown_beneath_it(reader: Reader) -> None:
    """Also while it is edited."""
    reader.press("down", "down", "down", "enter")
    reader.press("up")
    reader.type("    print(1000 + 234)")
    reader.press("ctrl+r")
    reader.sees("✓ finished")
    if not reader.wide:
        reader.press("x")
    reader.sees("it printed", "1234")
