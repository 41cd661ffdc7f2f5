"""OwnFile: the reader's own file of an exercise, in the state folder, to be edited here or anywhere."""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path

from lessons.kit.exercise import Exercise
from tutor.progress import state_folder
from tutor.whole_file import write_whole

LARGEST = 2**20
"""Bytes; what is larger is no solution of an exercise."""


class Unreadable(Exception):
    """The file cannot be read or made; its text is a sentence."""


class OwnFile:
    """Made from start.py when it is first opened, and never overwritten by us without a copy beside it.

    `text` is what was read or written last; the code pane shows and edits it.
    """

    def __init__(self, exercise: Exercise, folder: Path | None = None) -> None:
        self.path = (folder or state_folder()) / "practice" / exercise.topic / f"{exercise.name}.py"
        self.title = self.file = self.path.name
        self.original = exercise.start
        self.text = self.original

    @property
    def before(self) -> Path:
        """Where the next version goes that gives way to another: beside those that are kept already."""
        names = (f"{self.path.name}.before{number if number > 1 else ''}" for number in itertools.count(1))
        return next(file for name in names if not os.path.lexists(file := self.path.with_name(name)))

    @property
    def edited(self) -> bool:
        return self.text != self.original

    @property
    def whose(self) -> str:
        return "yours" if self.edited else "as it was given"

    def local_line(self, line: int) -> int | None:
        """The whole file is shown, so its lines are those of what is shown."""
        return line if 1 <= line <= self.text.count("\n") + 1 else None

    def open(self) -> str:
        """Its text; made first where it is missing. Raises Unreadable."""
        if not os.path.lexists(self.path):
            self._write(self.original)
        self.text = self.read()
        return self.text

    def read(self) -> str:
        """What stands in it now. Raises Unreadable."""
        try:
            with open(self.path, "rb", opener=_at_once) as file:
                regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                data = file.read(LARGEST + 1) if regular else b""
        except OSError as error:
            raise Unreadable(f"{self.path} cannot be read: {error.strerror}") from None
        if not regular:
            raise Unreadable(f"{self.path} is no regular file; z or --reset puts one in its place")
        if len(data) > LARGEST:
            raise Unreadable(f"{self.path} has more than {LARGEST / 2**20:.0f} MB; no exercise asks for that much")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Unreadable(f"line {line} of {self.path.name} is not UTF-8; save the file as UTF-8") from None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def keep(self, text: str) -> str:
        """Takes and stores a version; a sentence if it could not be stored, or where another one had to give way."""
        said = ""
        try:
            if kept := self._set_aside(self.text, text):
                said = f"Changed outside, too: what stood in it is in {kept} beside it."
            if self._there() != text:
                self._write(text)
        except Unreadable as error:
            said = str(error)
        self.text = text
        return said

    def reset(self) -> str:
        """Begins anew, with what stood there kept in `before`; the sentence that says so. Raises Unreadable."""
        kept = self._set_aside(self.original)
        self._write(self.original)
        self.text = self.original
        return f"Begun anew; yours is kept in {kept} beside it." if kept else "Nothing was changed in it yet."

    def _there(self) -> str | None:
        """What stands in it; None where it is missing or cannot be read as text."""
        try:
            return self.read()
        except Unreadable:
            return None

    def _set_aside(self, *known: str) -> str:
        """Moves what stands there to `before`, readable or not, unless it is one of the texts that are known.

        The name of the copy; empty where nothing had to give way. Raises Unreadable.
        """
        if not os.path.exists(self.path) or self._there() in known:
            return ""
        before = self.before
        try:
            os.replace(self.path, before)
        except OSError as error:
            raise Unreadable(f"{self.path} could not be kept in {before.name}: {error.strerror}") from None
        return before.name

    def _write(self, text: str) -> None:
        """All of it or nothing; where the file is a link, to what it leads to. Raises Unreadable."""
        file = Path(os.path.realpath(self.path))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, text.encode())
        except OSError as error:
            raise Unreadable(f"{self.path} could not be written: {error.strerror}") from None


def _at_once(path: str, flags: int) -> int:
    """Opens a file; a pipe that nobody writes to would keep us waiting."""
    return os.open(path, flags | os.O_NONBLOCK)
