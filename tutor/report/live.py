"""A script under watch beside a screen: what is found is read as it comes, and nothing it started outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from typing import cast

from tutor.interpreter import Interpreter
from tutor.lab.process import FLOOD, LAST_WORDS, PAUSE, Tail
from tutor.report.watched import Asked, Ran, cannot_run, command, nameless_file

GRACE = 0.5
"""Seconds that a script has to end by itself, after what ctrl+c sends; then it is killed."""


class LiveRun(asyncio.SubprocessProtocol):
    """One run, in a session and process group of its own, without stdin.

    Built on asyncio's transport for the reason that the lab's Worker is: the end of the process itself is what counts.
    """

    def __init__(self) -> None:
        self.ran = Ran()
        self.tail = Tail()
        """The end of what it prints, on stdout and stderr as they came."""
        self.stopped = False
        """Whether it was the reader who ended it."""
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._journal = nameless_file()
        self._heard = self._looked_at = 0
        self._began = time.monotonic()
        self._transport: asyncio.SubprocessTransport | None = None
        self._open = {1}
        self._exited = False

    @classmethod
    async def start(cls, asked: Asked, interpreter: Interpreter) -> LiveRun:
        """Raises UsageError where the interpreter cannot be run."""
        run = cls()
        descriptor = run._journal.fileno()
        try:
            await run._loop.subprocess_exec(
                lambda: run,
                *command(asked, interpreter, descriptor),
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},  # what it prints is shown while it runs
                start_new_session=True,
                pass_fds=(descriptor,),
            )
        except OSError as error:
            run._journal.close()
            raise cannot_run(interpreter, error) from None
        return run

    @property
    def running(self) -> bool:
        return not self.gone.done()

    def look(self) -> bool:
        """Takes in what the journal has got; whether there is anything new, of what it printed too.

        The journal is a file, which tells nobody that it has grown: a pipe would tear what two processes write at once.
        """
        new = self.tail.fed != self._looked_at
        self._looked_at = self.tail.fed
        if self._journal.closed:
            return new
        descriptor = self._journal.fileno()
        # Read at a place: the script writes at the position that a plain read would move.
        text = os.pread(descriptor, os.fstat(descriptor).st_size - self._heard, self._heard)
        whole = text.rfind(b"\n") + 1
        self._heard += whole
        self.ran.hear(text[:whole])
        return new or whole > 0

    def stop(self) -> None:
        """Ends it as ctrl+c would, and a moment later whatever is left of it."""
        if self.running and not self.stopped:
            self.stopped = True
            self._signal(signal.SIGINT)
            self._loop.call_later(GRACE, self._kill)

    async def close(self) -> None:
        """Ends it, and waits until it is gone."""
        self.stop()
        await asyncio.shield(self.gone)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.tail.feed(data)
        if self.tail.fed > FLOOD:
            self._pause(fd)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open.discard(fd)
        if self._exited and not self._open:
            self._settle()

    def process_exited(self) -> None:
        self._exited = True
        self._kill()  # whatever it forked
        if self._open:
            self._loop.call_later(LAST_WORDS, self._settle)
        else:
            self._settle()

    def _pause(self, fd: int) -> None:
        """Reads on a moment later: a script that prints without end would have us do nothing but read."""
        assert self._transport is not None
        pipe = cast(asyncio.ReadTransport, self._transport.get_pipe_transport(fd))
        pipe.pause_reading()
        self._loop.call_later(PAUSE, pipe.resume_reading)

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """To the script and all that it forked."""
        if self._transport is not None and self.running:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS has the latter for zombies
                os.killpg(self._transport.get_pid(), number)

    def _settle(self) -> None:
        if self.gone.done():
            return
        assert self._transport is not None
        self.look()
        self.ran.ended(self._transport.get_returncode() or 0, time.monotonic() - self._began)
        self._looked_at = -1  # its end is news
        self._journal.close()
        self.gone.set_result(None)
        self._transport.close()
