"""Session: a program in a terminal of its own, driven by keys and read off the screen as a person would."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.patience import PATIENCE, Patience
from tests.support.processes import Process, family, processes, wait_gone
from tests.support.terminal import Answers, FaintScreen, Terminal, key_bytes, left_on

PASSED_ON = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH")
"""All that a program gets of our own environment: the reader's terminal, state and SSH are no business of a test."""

MARK = "TEST_SESSION"

# The first terminal that a session leader opens becomes its controlling terminal. No code of ours runs between fork and
# exec, so this is safe beside any thread.
LAUNCH = ["/bin/sh", "-c", ': 0<>"$0" && exec "$@"']


class Chunk(NamedTuple):
    """What one read brought. `at`: seconds since launch."""

    at: float
    data: bytes


class Session:
    """Runs `argv` while the `with` block lasts; nothing that it started outlives the block.

    `env` is added to a bare environment (xterm-256color, UTF-8, a home folder of its own, our Python first in PATH,
    nothing done ahead).
    `home` is a folder to use as home for what has to last from one session to the next.
    """

    def __init__(
        self,
        argv: Sequence[str],
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        home: Path | None = None,
    ) -> None:
        self.argv = list(argv)
        self.columns, self.lines = columns, rows
        self.env = dict(env or {})
        self.cwd = cwd
        self.chunks: list[Chunk] = []
        self._home = home
        self._mark = f"{MARK}={uuid.uuid4().hex}"
        self._terminal = Terminal(columns, rows)
        self._answers = Answers()
        self._drawn = 0
        self._relatives: dict[int, Process] = {}

    # --- beginning and end ---

    def __enter__(self) -> Session:
        self._folder = tempfile.TemporaryDirectory(prefix="session-", ignore_cleanup_errors=True)
        self._master, slave = os.openpty()
        try:
            self._name = os.ttyname(slave)
            self._set_size()
            self._tty_before = termios.tcgetattr(self._master)
            self.launched = time.perf_counter()
            self._process = subprocess.Popen(
                [*LAUNCH, self._name, *self.argv],
                stdin=slave, stdout=slave, stderr=slave,
                env=self._environment(), cwd=self.cwd, start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(self._master)
            self._folder.cleanup()
            raise
        finally:
            os.close(slave)
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        patience = Patience()
        while (left := self.family()) and not patience.over:  # who forks while we kill is found next time
            for process in left:
                _kill(process.pid)
            self._process.poll()
            wait_gone([process.pid for process in left], timeout=1)
        self._folder.cleanup()
        assert not left, f"these outlived SIGKILL: {', '.join(map(str, left))}"

    def _environment(self) -> dict[str, str]:
        home = self._home or Path(self._folder.name)
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        ours = {
            "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "TERM": "xterm-256color", "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1", "TUTOR_AHEAD": "0",
        }  # fmt: skip
        name, _, value = self._mark.partition("=")
        return {**kept, **ours, **self.env, name: value}

    # --- what a person does ---

    def press(self, *keys: str) -> None:
        """Keys by name ("down", "ctrl+r", "space") or character, in one go."""
        self.send(key_bytes(*keys))

    def click(self, column: int, row: int) -> None:
        """The left button, down and up, at a cell counted from 0."""
        self.send(b"\x1b[<0;%d;%dM\x1b[<0;%d;%dm" % ((column + 1, row + 1) * 2))

    def send(self, data: bytes) -> None:
        while data:
            if select.select([], [self._master], [], 0.05)[1]:
                data = data[os.write(self._master, data) :]
            else:  # full: the program may be waiting for us to read
                self.read(0)

    def resize(self, columns: int, rows: int) -> None:
        """The kernel sends SIGWINCH."""
        self._draw()
        self.columns, self.lines = columns, rows
        self._terminal.resize(columns, rows)
        self._set_size()

    def signal(self, number: int) -> None:
        """To the program alone, not to its children."""
        self.family()
        self._process.send_signal(number)

    def stall(self) -> None:
        """The terminal takes nothing more, as over a connection that has stalled: who writes to it has to wait."""
        slave = os.open(self._name, os.O_RDWR | os.O_NOCTTY)
        termios.tcflow(slave, termios.TCOOFF)
        os.close(slave)

    def deface(self, data: bytes) -> None:
        """Another program writes to the terminal."""
        self._draw().feed(data)

    def hang_up(self) -> None:
        """Closes the terminal, as a closed window or a dropped connection does."""
        if self._master >= 0:
            self.family()
            os.close(self._master)
            self._master = -1

    # --- what a person sees ---

    def text(self) -> str:
        """The screen as it stands after all that was read so far."""
        return self._draw().text()

    def rows(self) -> list[str]:
        return self._draw().rows()

    @property
    def screen(self) -> FaintScreen:
        """The screen with its colours and attributes; `buffer[row][column]` is a cell."""
        return self._draw().screen

    def wait_for(self, wanted: str | Callable[[str], object], timeout: float = PATIENCE) -> str:
        """Waits until the screen holds a text, or makes a predicate true; returns it. Fails with the screen."""
        holds = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        patience = Patience(timeout)
        while True:
            # Looked at before the screen: what it wrote last is read before it counts as gone.
            over = not self.running() or patience.over
            while self.read(0) and not self.running():
                pass
            if self._draw().settled and holds(text := self._terminal.text()):
                return text
            if over:
                what = f"{wanted!r}" if isinstance(wanted, str) else "what was waited for"
                raise AssertionError(self._told(f"{what} did not come within {timeout:g} s"))
            self.read(min(0.05, patience.left))

    def wait_quiet(self, quiet: float = 0.3, timeout: float = PATIENCE) -> str:
        """Waits until the program wrote nothing for `quiet` seconds; returns the screen. Fails if it never is."""
        patience, silence = Patience(timeout), Patience(quiet)
        while not silence.over:
            if patience.over:
                raise AssertionError(self._told(f"the program was still writing after {timeout:g} s"))
            if self.read(min(0.05, silence.left)):
                silence = Patience(quiet)
        return self.text()

    # --- what it left ---

    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def process(self) -> Process:
        """What the program alone, without its children, has used so far. Raises KeyError once it is gone."""
        return processes()[self.pid]

    def exit_code(self, timeout: float = PATIENCE) -> int:
        """Waits for the program to leave; -15 for one that SIGTERM ended. Fails with the screen if it stays."""
        patience = Patience(timeout)
        while self.running():
            if patience.over:
                raise AssertionError(self._told(f"the program was still running after {timeout:g} s"))
            self.read(0.02)
        while self.read(0):
            pass
        return self._process.wait()

    def modes_left_on(self) -> list[str]:
        """What the program did to the terminal and did not undo: "mouse", "hidden cursor", "raw input", ..."""
        raw = self._master >= 0 and termios.tcgetattr(self._master)[:4] != self._tty_before[:4]
        return left_on(self.bytes_since()) + (["raw input"] if raw else [])

    def family(self) -> list[Process]:
        """The program, if it lives, and every process that it started, directly or not, orphans included.

        Orphans are known by a mark in their environment (Linux), or by having been seen here before.
        """
        if self.running() and self.pid in (known := processes()):
            self._relatives.setdefault(self.pid, known[self.pid])
        found = family(self._relatives.values(), self._mark)
        self._relatives.update((process.pid, process) for process in found)
        return found

    def left_behind(self, timeout: float = PATIENCE) -> list[Process]:
        """Waits until the program and all it started are gone; those that are not."""
        patience = Patience(timeout)
        while (left := self.family()) and not patience.over:
            self.running()  # takes its exit code, or it would stay a zombie
            self.read(0.02)
        return left

    # --- what was measured ---

    def now(self) -> float:
        """Seconds since launch."""
        return time.perf_counter() - self.launched

    def mark(self) -> int:
        """A place in the output, for `bytes_since` and for `chunks[mark:]`."""
        return len(self.chunks)

    def bytes_since(self, mark: int = 0) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks[mark:])

    def record(self, seconds: float) -> None:
        """Reads whatever comes for a fixed time, without looking at it."""
        end = self.now() + seconds
        while (left := end - self.now()) > 0:
            self.read(left)

    def read(self, timeout: float) -> bytes:
        """What comes next, at once or within `timeout` seconds; empty if nothing does. Queries are answered."""
        watched = [self._master] if self._master >= 0 else []
        if not select.select(watched, [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # EIO: nobody has the terminal open any more
            time.sleep(min(timeout, 0.01))
            return b""
        self.chunks.append(Chunk(self.now(), data))
        if reply := self._answers.to(data):
            os.write(self._master, reply)
        return data

    # --- inside ---

    def _draw(self) -> Terminal:
        """Drawing costs more than reading, so it waits until somebody looks: the times of chunks stay true."""
        for chunk in self.chunks[self._drawn :]:
            self._terminal.feed(chunk.data)
        self._drawn = len(self.chunks)
        return self._terminal

    def _set_size(self) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", self.lines, self.columns, 0, 0))

    def _told(self, problem: str) -> str:
        code = self._process.poll()
        state = "still running" if code is None else f"gone with exit code {code}"
        edge = "─" * self.columns
        return f"{problem}; {' '.join(self.argv)} is {state}; on its screen:\n{edge}\n{self.text()}\n{edge}"


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
