"""TerminalDriver: Textual's, for a terminal that may be closed at any moment."""

from __future__ import annotations

from typing import Any, TextIO

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Writes to stderr for as long as somebody has that terminal open."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = Outlet(self._file)  # type: ignore[assignment, arg-type]  # all of a file that Textual uses


class Outlet:
    """Passes text on to `file`; once that fails, the terminal being gone, all text is dropped.

    Textual's writer would end with the error, and the app then wait for it for ever: its queue holds 30 texts.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._open = True

    def write(self, text: str) -> None:
        try:
            if self._open:
                self._file.write(text)
        except OSError:
            self._open = False

    def flush(self) -> None:
        try:
            if self._open:
                self._file.flush()
        except OSError:
            self._open = False

    def fileno(self) -> int:
        return self._file.fileno()
