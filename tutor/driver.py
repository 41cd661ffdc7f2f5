"""TerminalDriver: Textual's, for a terminal that may be far away, may stop reading, and may be closed at any moment."""

from __future__ import annotations

import contextlib
import re
import select
import signal
import termios
import threading
import time
from functools import partial
from queue import Queue
from typing import Any, TextIO

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tutor.link import Link
from tutor.repaint import Repaint
from tutor.terminal import reset

QUESTION = "\x1b[6n"
"""Where the cursor is: every terminal since the VT100 answers it, and Textual reads the answer."""

LAST_ANSWER = 1.0
"""Seconds that leaving waits for answers: those that come later are typed into the shell."""

STUCK = 0.5
"""Seconds in which a terminal that is read from takes what waits for it when the screen is left."""

CANCEL = "\x18\x1b\\"
"""Ends an escape sequence, or a string, that was cut."""


SYNC = ("\x1b[?2026h", "\x1b[?2026l")
"""Between the two a terminal that knows them shows nothing new."""

CONTROL = re.compile(r"(?:\x1b\[[?<>=][\d;]*\$?[a-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07)*")
"""What switches a mode, copies, or rings, and paints nothing."""


class TerminalDriver(LinuxDriver):
    """Sends what changed, as much as `app.link` takes, and tells it what is written and answered.

    Nobody waits for a terminal that does not read.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.link: Link = app.link
        self._file = Outlet(self._file)  # type: ignore[assignment, arg-type]  # all of a file that Textual uses
        self._repaint = Repaint()
        self._stands = False
        """Whether the screen is ours."""
        self._resized = False
        self._sync = ("", "")
        self._open_questions = 0
        self._answer = threading.Condition()

    def waiting(self) -> int:
        """How many writes the terminal has not taken."""
        return self._writes.qsize() if self._writes is not None else 0

    # While the screen stands

    def start_application_mode(self) -> None:
        """Also when the process was suspended, and goes on."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writes is None:  # in the background: it is suspended again
            return
        self._writes.maxsize = 0  # where it is full, the event loop waits for the terminal
        resized = signal.getsignal(signal.SIGWINCH)
        signal.signal(signal.SIGWINCH, partial(self._on_resize, resized))
        self._stands = True
        self._ask()  # before anything is painted: how long the way is
        self.redraw()

    def write(self, data: str) -> None:
        if not self._stands:
            super().write(data)
        elif data in SYNC:
            self._sync = SYNC
        elif CONTROL.fullmatch(data):
            self._send(data)
        elif not self._repaint.take(data):
            self._send(self._repaint.changes() + data)
            self._repaint.begin_anew()

    def flush(self) -> None:
        """A paint is whole."""
        super().flush()
        if self._stands:
            self._show()

    def redraw(self) -> None:
        """The whole screen anew, whatever the terminal shows."""
        self._repaint.forget()
        self._show()

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Resize):
            self._resized = True
        if not isinstance(message, events.CursorPosition):
            super().process_message(message)
            return
        with self._answer:
            self._open_questions -= 1
            self._answer.notify()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.link.answered)

    def _on_resize(self, tell: Any, *signalled: Any) -> None:
        self._resized = True  # a terminal may drop what stood there, and Textual paints it as if it had not
        tell(*signalled)

    def _show(self) -> None:
        """Sends what the link takes; the rest, and what has overtaken it by then, when it takes more."""
        if not self._stands:
            return
        if self._resized:
            self._resized = False
            self._repaint.forget()
        while not self._repaint.told and (room := self.link.room):
            if changes := self._repaint.changes(min(room, self.link.piece)):
                begin, end = self._sync
                self._send(begin + changes + end)
                self._ask()
        if not self._repaint.told:
            self.link.when_free(self, self._show)

    def _send(self, data: str) -> None:
        super().write(data)
        self.link.wrote(len(data.encode("utf-8", "replace")))

    def _ask(self) -> None:
        if self.input_tty and not self.link.mute:
            with self._answer:
                self._open_questions += 1
            super().write(QUESTION)
            self.link.asked()

    # When it is left

    def stop_application_mode(self) -> None:
        """Also before the process is suspended."""
        self._stands = False
        if not self._hung_up():
            if not self._taken():
                self._drop()
            elif not self.link.mute:
                with self._answer:
                    self._answer.wait_for(lambda: self._open_questions <= 0, LAST_ANSWER)
        self._open_questions = 0
        self.link.forget()
        super().stop_application_mode()

    def close(self) -> None:
        """Ends the thread that writes. A lock that it held for ever would hold up the end of the process, too."""
        if not (self._hung_up() or self._taken()):
            self._drop()
            super().write(reset())  # of what puts the terminal back a part may have been dropped
        if self._hung_up() or self._taken():
            super().close()

    @property
    def _writes(self) -> Queue[str | None] | None:
        return None if self._writer_thread is None else self._writer_thread._queue

    def _taken(self) -> bool:
        """Whether the terminal takes before long all that waits for it."""
        if self._writes is None:
            return True
        self._writes.put("")  # once this is fetched, what came before it is written
        end = time.monotonic() + STUCK
        while self._writes.qsize() and time.monotonic() < end:
            time.sleep(0.001)
        return not self._writes.qsize()

    def _drop(self) -> None:
        """Nobody reads: what waits was for a screen that is left now, and goes nowhere."""
        end = time.monotonic() + STUCK
        while self.waiting() and time.monotonic() < end:
            with contextlib.suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCOFLUSH)
                for action in (termios.TCOOFF, termios.TCOON):  # wakes who waits to write
                    termios.tcflow(self.fileno, action)
            time.sleep(0.001)
        super().write(CANCEL)

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self.fileno, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))


class Outlet:
    """Passes text on to `file`; once that fails, the terminal being gone, all text is dropped.

    Textual's writer would end with the error, and nobody take from its queue.
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
