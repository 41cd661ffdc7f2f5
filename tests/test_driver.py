"""Writing to a terminal that may be gone."""

from __future__ import annotations

import errno
import io

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from tutor.driver import Outlet


class Closing(io.StringIO):
    """A terminal that is closed after a few texts, and found out by `fails`: "write" or "flush"."""

    def __init__(self, texts: int, fails: str) -> None:
        super().__init__()
        self.left, self.fails = texts, fails

    def write(self, text: str) -> int:
        self._look("write")
        self.left -= 1
        return super().write(text)

    def flush(self) -> None:
        self._look("flush")

    def _look(self, act: str) -> None:
        if self.left <= 0 and act == self.fails:
            raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("fails", ["write", "flush"])
def test_a_closed_terminal_holds_nobody_who_writes(fails: str) -> None:
    """More texts than Textual's queue holds are taken, and its thread ends when it is asked to."""
    file = Closing(3, fails)
    thread = WriterThread(Outlet(file))  # type: ignore[arg-type]  # it is all that the thread needs of a file
    thread.start()
    for _ in range(3 * MAX_QUEUED_WRITES):
        thread.write("x")
    thread.stop()
    assert not thread.is_alive()
    assert file.getvalue().startswith("xxx")


def test_all_that_is_written_to_an_open_terminal_arrives() -> None:
    """In its order."""
    file = io.StringIO()
    outlet = Outlet(file)
    for text in ("a", "b", "c"):
        outlet.write(text)
    outlet.flush()
    assert file.getvalue() == "abc"
