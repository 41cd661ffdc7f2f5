"""TerminalDriver: Textual's, for a terminal that may be far away, may stop reading, and may be closed at any moment."""

from __future__ import annotations

import contextlib
import os
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

QUESTION = "\x1b[2;{}H\x1b[6n"
"""Where the cursor is, after it was set to a mark: every terminal since the VT100 answers that, and Textual reads it.

On the second row: what some terminals send for shift+F3 reads as the first.
"""

LAST_ANSWER = 1.0
"""Seconds that leaving waits for answers: those that come later are typed into the shell."""

STUCK = 0.5
"""Seconds in which a terminal that is read from takes what waits for it when the screen is left."""

SETTLED = 0.1
"""Seconds in which Textual paints what a new size asks for."""

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
        self._thread = threading.get_ident()
        self._stands = False
        """Whether the screen is ours."""
        self._away = False
        """Whether it was given up until the process goes on."""
        self._new_size: tuple[int, int] | None = None
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
        self._new_size = self._get_terminal_size()
        self._stands = True
        self._ask()  # before anything is painted: how long the way is
        self.redraw()

    def write(self, data: str) -> None:
        if not self._stands or threading.get_ident() != self._thread:  # the input's thread writes modes alone
            super().write(data)
        elif data in SYNC:
            self._sync = SYNC
        elif CONTROL.fullmatch(data):
            self._send(data)
        else:
            self._take(data)

    def flush(self) -> None:
        """A paint is whole."""
        super().flush()
        self._show()

    def redraw(self) -> None:
        """The whole screen anew, whatever the terminal shows."""
        self._repaint.forget()
        self._show()

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Resize):
            self._new_size = message.size
        if not isinstance(message, events.CursorPosition):
            super().process_message(message)
        elif message.y == 1:
            with self._answer:
                self._open_questions = max(0, self._open_questions - 1)
                self._answer.notify()
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self.link.answered, message.x + 1)

    def _on_resize(self, tell: Any, *signalled: Any) -> None:
        self._new_size = self._get_terminal_size()
        tell(*signalled)
        # Where the old size is back before Textual looks, it paints nothing.
        self._loop.call_soon_threadsafe(self._loop.call_later, SETTLED, self._show)

    def _take(self, paint: str) -> None:
        self._fit()
        if not self._repaint.take(paint):
            self._send(self._repaint.changes() + paint)
            self._repaint.begin_anew()

    def _fit(self) -> None:
        """A terminal may drop what stood there when its size changes, and Textual paints as if it had not."""
        if self._new_size is not None:
            size, self._new_size = self._new_size, None
            self._repaint.resize(*size)

    def _show(self) -> None:
        """Sends what the link takes; the rest, and what has overtaken it by then, when it takes more."""
        if not self._stands:
            return
        self._fit()
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
            super().write(QUESTION.format(self.link.asks()) + self._repaint.cursor)

    # When the process is stopped, and goes on: in the loop, since a signal comes amid anything

    def _sigtstp_application(self, *_: object) -> None:
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._stop)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._go_on)

    def _stop(self) -> None:
        if self._stands:
            self._must_signal_resume = self._away = True
            self.suspend_application_mode()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """SIGCONT may also follow a SIGSTOP, which asks nobody, or a SIGTERM, behind which supervisors send it."""
        if self._stands:
            self._away = True
            self.suspend_application_mode()
        if self._away:
            self.resume_application_mode()
            self._away = not self._stands

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
        super().write(f"\x1b[{self._get_terminal_size()[1]};1H")  # a console without a second screen goes on there
        super().stop_application_mode()

    def close(self) -> None:
        """Ends the thread that writes. A lock that it held for ever would hold up the end of the process, too."""
        if not (self._hung_up() or self._taken()):
            self._drop()
            super().write(reset())  # of what puts the terminal back a part may have been dropped
        if self._hung_up() or self._taken():
            super().close()
        self._writer_thread = None

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
