"""What has the keys, and what runs: each belongs to one place, and is given back when something else takes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.reader import Reader
from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

TWICE = ["tutor", "lesson", "autograd#used-twice-counted-twice"]
DEEPER = ["tutor", "lesson", "autograd#the-deeper-the-smaller"]


def answered(session: Session) -> Reader:
    reader = Reader(session)
    reader.sees("waiting for your answer")
    reader.press("1")
    reader.sees("✓ finished")
    return reader


def test_typing_ends_where_a_click_takes_the_focus(tmp_path: Path) -> None:
    """Letters are commands again, and the next section shows its own knobs."""
    with Session(TWICE, 120, 40, home=tmp_path) as session:
        reader = answered(session)
        reader.press("t", "enter")
        reader.sees("letters type", "▏")
        session.send(b"\x1b[<0;90;10M\x1b[<0;90;10m")
        reader.sees_no("letters type")
        assert "▏" not in session.text()
        reader.press("n")
        reader.sees("4 of ")


def test_a_graph_gives_the_keys_back_though_it_is_told_in_words(tmp_path: Path) -> None:
    """Its bar is gone when the picture comes back."""
    with Session(TWICE, 120, 40, home=tmp_path) as session:
        reader = answered(session)
        reader.press("g")
        reader.sees("↑↓ node")
        reader.press("i")
        reader.sees("x.grad" if "x.grad" in session.text() else "gradient")
        reader.press("g")
        reader.press("i")
        reader.sees("g graph", "expression")
        assert not any("▌" in row[52:] for row in session.rows())


def test_opening_the_code_leaves_the_run_that_answers(tmp_path: Path) -> None:
    """A version of one's own answers no question."""
    kept = tmp_path / "state" / "pytorch-tutor" / "edits" / "autograd.depth.py"
    kept.parent.mkdir(parents=True)
    kept.write_text("def depth(depth, activation):\n    raise ValueError('my own')\n    yield")
    with Session(DEEPER, 120, 40, home=tmp_path) as session:
        reader = Reader(session)
        reader.sees("waiting for your answer")
        session.send(b"1c")
        reader.sees("✓ finished", "my own")  # finished: torch's run; my own: the code
        assert "ValueError: my own" not in session.text()
