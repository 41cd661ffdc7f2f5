"""DemoCode: the function of a demo within its file, and the reader's own version of it, kept in the state folder.

Versions: all of a topic's, and which of them runs.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Protocol

from lessons.kit.course import Topic
from tutor.progress import state_folder
from tutor.whole_file import write_whole


class Version(Protocol):
    """Code to read and to edit: a demo's function, or the file of an exercise. `text` is as it stands now."""

    text: str

    @property
    def title(self) -> str: ...
    @property
    def file(self) -> str:
        """What messages call the file that it is in."""

    @property
    def original(self) -> str: ...
    @property
    def edited(self) -> bool: ...
    @property
    def whose(self) -> str:
        """Whose version it is, in a word or two."""

    def local_line(self, line: int) -> int | None:
        """A line of the file as one of `text`, from 1; None outside it."""

    def keep(self, text: str) -> str:
        """Takes and stores a version; a sentence where there is something to say of that."""


class DemoCode:
    """What the code view shows and the editor edits: one function. The rest of `demo.py` stays around it."""

    def __init__(self, topic: Topic, demo: str, folder: Path | None = None) -> None:
        self.demo = demo
        self.file = f"{topic.name}/demo.py"
        self._lines = topic.source.split("\n")
        self.first, last = _span(topic.source, demo)
        """The function's first line in its file, from 1."""
        self._after = self._lines[last:]
        self.original = "\n".join(self._lines[self.first - 1 : last])
        self._kept = (folder or state_folder()) / "edits" / f"{topic.name}.{demo}.py"
        self.text = self._read() or self.original
        """The reader's version, or the original."""

    @property
    def title(self) -> str:
        return self.demo

    @property
    def edited(self) -> bool:
        return self.text != self.original

    @property
    def whose(self) -> str:
        return "your version" if self.edited else self.file

    def source(self) -> str:
        """The whole file with the reader's version in it."""
        return "\n".join([*self._lines[: self.first - 1], self.text, *self._after])

    def local_line(self, line: int) -> int | None:
        """A line of the file as a line of the function, from 1; None outside it."""
        local = line - self.first + 1
        return local if 1 <= local <= self.text.count("\n") + 1 else None

    def keep(self, text: str) -> str:
        """Takes and stores a version (the original: forgets it); a sentence if it could not be stored, else ""."""
        self.text = text
        try:
            if self.edited:
                self._kept.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._kept, text.encode())
            else:
                self._kept.unlink(missing_ok=True)
        except OSError as error:
            return f"your version could not be kept in {self._kept}: {error.strerror}"
        return ""

    def _read(self) -> str:
        try:
            return self._kept.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""


class Versions:
    """A DemoCode for each demo, read when first asked for; at most one runs in place of what demo.py has."""

    def __init__(self, topic: Topic, folder: Path | None = None) -> None:
        self._topic, self._folder = topic, folder
        self._source = topic.source
        self._codes: dict[str, DemoCode] = {}
        self._runs = ""
        """The demo whose own version runs."""

    def of(self, demo: str) -> DemoCode:
        if demo not in self._codes:
            self._codes[demo] = DemoCode(self._topic, demo, self._folder)
        return self._codes[demo]

    def run(self, demo: str) -> None:
        """From now on the reader's version of a demo is what runs; "" for none."""
        self._runs = demo

    def running(self, demo: str) -> DemoCode | None:
        """The reader's own version, if that is what runs of `demo`."""
        code = self.of(demo) if demo and demo == self._runs else None
        return code if code and code.edited else None

    def source(self, demo: str) -> str:
        """The text of demo.py, with the reader's version in it where that is what runs."""
        code = self.running(demo)
        return code.source() if code else self._source


def _span(source: str, name: str) -> tuple[int, int]:
    """First and last line of a top-level function, decorators included."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return first, node.end_lineno or node.lineno
    raise LookupError(f"demo.py has no function {name}")
