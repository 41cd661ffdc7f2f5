"""A process that is given the probe's text and speaks lines; nothing that it starts outlives it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from diagnostics.text import clean

PATIENCE = 0.5
"""Seconds that it has to end its children when it is told to end."""
TICK = 0.05
"""Seconds after which it is looked whether it is over, or to be ended."""

LONGEST = 4 * 2**20
"""Bytes of a line."""
TAIL = 4096
"""Bytes of what it said on standard error that are kept."""


class Probing:
    """One such process. `how` it ended: "left" by itself, "late" or "stopped"; "" while it runs."""

    def __init__(self, command: Sequence[str], text: str, environ: Mapping[str, str] | None) -> None:
        """Starts it. Raises OSError where that cannot be done."""
        self.how = ""
        self._errors = b""
        self._unread = b""
        self._unsaid = memoryview(text.encode("ascii"))
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            start_new_session=True,
        )
        self._begin()

    def lines(self, first: float, limit: float, stop: threading.Event) -> Iterator[bytes]:
        """What it says. It has `first` seconds from now for its first line, and `limit` for all."""
        start = time.monotonic()
        deadline = start + min(first, limit)
        with selectors.DefaultSelector() as ready:
            for pipe, event in self._pipes():
                os.set_blocking(pipe.fileno(), False)
                ready.register(pipe, event)
            while not self.how:
                over = self._process.poll() is not None  # seen before the last look into its pipes
                for key, _ in ready.select(TICK):
                    for line in self._attend(ready, key):
                        deadline = start + limit
                        yield line
                if over or self._process.stdout not in [key.fileobj for key in ready.get_map().values()]:
                    self.how = "left"
                elif stop.is_set():
                    self.how = "stopped"
                elif time.monotonic() > deadline:
                    self.how = "late"

    def last_words(self) -> str:
        """The last line on its standard error."""
        return clean(self._errors.strip().rpartition(b"\n")[2])

    def end(self) -> None:
        """Ends it and all that it started."""
        if self._process.poll() is None:
            self._process.terminate()  # it ends its children, which are in groups of their own
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that the kernel holds is not waited for
            self._process.wait(PATIENCE)
        for pipe, _ in self._pipes():
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _pipes(self) -> list[tuple[IO[bytes], int]]:
        process = self._process
        pipes = (
            (process.stdin, selectors.EVENT_WRITE),
            (process.stdout, selectors.EVENT_READ),
            (process.stderr, selectors.EVENT_READ),
        )
        return [(pipe, event) for pipe, event in pipes if pipe is not None and not pipe.closed]

    def _attend(self, ready: selectors.BaseSelector, key: selectors.SelectorKey) -> list[bytes]:
        """Writes to or reads from a pipe that is ready; the lines that were completed."""
        if key.events & selectors.EVENT_WRITE:
            self._write(ready, key)
            return []
        data = os.read(key.fd, 2**20)  # more than a pipe holds
        if not data:
            ready.unregister(key.fileobj)
        if key.fileobj is self._process.stderr:
            self._errors = (self._errors + data)[-TAIL:]
            return []
        *lines, unread = (self._unread + data).split(b"\n")
        self._unread = unread[:LONGEST]
        return [line for line in lines if len(line) <= LONGEST]

    def _begin(self) -> None:
        """Lets the pipe take the whole text, where it can: the process reads while its caller is busy elsewhere."""
        assert self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        os.set_blocking(pipe, False)
        with contextlib.suppress(OSError, AttributeError):  # a kernel without it, or a user above their share of pipes
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, len(self._unsaid) + 1)
        with contextlib.suppress(BrokenPipeError, BlockingIOError):
            self._unsaid = self._unsaid[os.write(pipe, self._unsaid) :]
        if not self._unsaid:
            self._process.stdin.close()

    def _write(self, ready: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        try:
            self._unsaid = self._unsaid[os.write(key.fd, self._unsaid) :]
        except BrokenPipeError:  # it reads nothing: no Python, or one that is gone
            self._unsaid = self._unsaid[:0]
        if not self._unsaid:
            ready.unregister(key.fileobj)
            assert self._process.stdin is not None
            self._process.stdin.close()
