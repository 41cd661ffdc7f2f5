"""The explain screen in a real terminal: a log is named or pasted, the cause stands first, and a key leads on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.reader import Reader
from tests.app.test_doctor_screen import NO_TORCH_NEEDED, SIZES, leaves
from tests.support.session import Session

pytestmark = pytest.mark.pty

LOGS = Path(__file__).parents[1] / "diagnostics" / "errors" / "logs"
ASSERTION = LOGS / "known" / "device_assert.log"
UNRELATED = sorted((LOGS / "unrelated").glob("*"))[0]


def opened(size: tuple[int, int], cwd: Path) -> Session:
    return Session(["tutor"], *size, env=NO_TORCH_NEEDED, cwd=cwd)


def asks(reader: Reader) -> None:
    """From the contents to the field."""
    reader.sees("q quit")
    reader.press("E")
    reader.sees("enter read the file")


def pasted(text: str) -> bytes:
    """As a terminal in bracketed paste sends it."""
    return b"\x1b[200~" + text.encode() + b"\x1b[201~"


@SIZES
def test_a_log_that_is_named_is_explained(size: tuple[int, int]) -> None:
    """The cause in the list, its consequence folded into it; the detail says what to do; the lesson is a key away."""
    with opened(size, ASSERTION.parent) as session:
        reader = Reader(session)
        asks(reader)
        reader.type(ASSERTION.name)
        reader.press("enter")
        reader.sees("✗ fail", "explains 1 more", "w why")
        if not reader.wide:
            reader.press("v")
        reader.sees("/home/d/cls.py:66", "seen ", "cause ", "labels.max() < logits.")
        reader.press("w")
        reader.sees_place("Labels and losses")
        reader.press("q")
        reader.sees_place("Explain")
        if not reader.wide:
            reader.press("q")
            reader.sees("explains 1 more")
        leaves(reader)


def test_a_log_that_is_pasted_is_explained(tmp_path: Path) -> None:
    """Several lines are the log itself; `o` asks for another, and `escape` goes back to what was found."""
    with opened((80, 24), tmp_path) as session:
        reader = Reader(session)
        asks(reader)
        session.send(pasted(ASSERTION.read_text()))
        reader.sees("what you pasted", "✗ fail", "q back")
        reader.press("o")
        reader.sees("enter read the file")
        reader.escapes("enter read the file")
        reader.sees("what you pasted", "q back")
        leaves(reader)


def test_a_log_without_an_error_of_torch_gets_no_diagnosis(tmp_path: Path) -> None:
    """It says that nothing was found; it does not guess."""
    with opened((80, 24), UNRELATED.parent) as session:
        reader = Reader(session)
        asks(reader)
        reader.type(UNRELATED.name)
        reader.press("enter")
        text = reader.sees("No error of PyTorch's was found in it.")
        assert "✗ fail" not in text
        leaves(reader)


def test_a_file_that_is_not_there_is_told_where_it_was_typed(tmp_path: Path) -> None:
    """What was typed stays, to be mended; `escape` leaves."""
    with opened((80, 24), tmp_path) as session:
        reader = Reader(session)
        asks(reader)
        reader.type("error.log")
        reader.press("enter")
        reader.sees("there is no file error.log", "tutor explain error.log")
        reader.escapes("enter read the file")
        reader.sees("q quit")
        reader.press("q")
        assert session.exit_code() == 0
        assert session.left_behind() == []
