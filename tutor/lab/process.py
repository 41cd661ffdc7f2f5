"""One worker process, seen from our side: requests out, messages in, and word of its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from diagnostics.text import clean_lines
from lessons.kit.wire import LIMIT
from tutor.lab.protocol import Message, NoTorch, Ready, WorkerDied, read_line, read_start

WORKER = Path(__file__).with_name("worker.py")

THREADS = ("OMP", "MKL", "OPENBLAS", "VECLIB_MAXIMUM", "NUMEXPR")
"""Libraries that read from NAME_NUM_THREADS, when they are loaded, how many threads to use."""

LAST_WORDS = 0.2
"""Seconds for which the pipes of an ended process are still read: another process may hold them open for ever."""

FLOOD, PAUSE = 4 * 2**20, 0.005
"""After so many bytes printed by one run, so many seconds pass between two looks at what it prints."""

FAULTS = {
    signal.SIGSEGV: "a segfault",
    signal.SIGABRT: "an abort",
    signal.SIGBUS: "a bus error",
    signal.SIGILL: "an illegal instruction",
    signal.SIGFPE: "an arithmetic error",
}

STACK = re.compile(r'File "([^"]+)", line (\d+),? in (.+)')
"""As faulthandler and tracebacks name a line of code."""

Listener = Callable[["Message | NoTorch | WorkerDied"], None]


class Tail:
    """The end of what a process wrote to stderr."""

    KEPT = 16 * 2**10

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.fed = 0
        """How many bytes there were in all."""

    def feed(self, data: bytes) -> None:
        self.fed += len(data)
        self._bytes += data[-self.KEPT :]
        del self._bytes[: -self.KEPT]

    def clear(self) -> None:
        self._bytes.clear()

    def lines(self) -> tuple[str, ...]:
        return clean_lines(bytes(self._bytes))


class Worker(asyncio.SubprocessProtocol):
    """A process that runs demos. What is sent before it is ready waits here, and can still be taken back.

    Built on asyncio's transport, whose process_exited tells the end of the process itself; Process.wait() also waits
    for the pipes, and a process that a demo forked can hold those for ever.
    """

    def __init__(self, python: str) -> None:
        self.python = python
        self._loop = asyncio.get_running_loop()
        self.started: asyncio.Future[Ready | NoTorch | WorkerDied] = self._loop.create_future()
        """What it said first, or how it ended before it said anything."""
        self.gone: asyncio.Future[WorkerDied] = self._loop.create_future()
        self.alive = True
        """Whether it may be given work: not from the moment on when its end is known or wanted."""
        self._listener: Listener = lambda _: None
        self._tail = Tail()
        self._transport: asyncio.SubprocessTransport | None = None
        self._waiting: list[bytes] = []
        self._line = bytearray()
        self._open = {1, 2}
        self._exited = False
        self._fault = ""

    @classmethod
    async def start(cls, python: str, nice: int) -> Worker:
        """A worker whose process was started; if none could be, it is gone already."""
        worker = cls(python)
        try:
            await worker._loop.subprocess_exec(
                lambda: worker, python, str(WORKER), str(nice), env=environment(), start_new_session=True
            )
        except OSError as error:
            worker._fault = f"{python} could not be started: {error.strerror or error}"
            worker._settle()
        return worker

    @property
    def pid(self) -> int:
        """0 where no process was started."""
        return (self._transport.get_pid() or 0) if self._transport is not None else 0

    @property
    def is_ready(self) -> bool:
        return self.started.done() and isinstance(self.started.result(), Ready)

    def listen(self, listener: Listener) -> Tail:
        """From now on `listener` is told everything, and what is printed goes to the tail that comes back."""
        self._listener = listener
        if self.is_ready:  # before, what it prints may be why it cannot start
            self._tail = Tail()
        return self._tail

    def send(self, request: dict[str, Any]) -> None:
        self._waiting.append(json.dumps(request).encode() + b"\n")
        if self.is_ready:
            self._flush()

    def take_back(self) -> None:
        """Forgets the requests that have not left."""
        self._waiting.clear()

    def kill(self) -> None:
        """Ends the process and all that it forked, at once."""
        self.alive = False
        if self._transport is not None and not self.gone.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS has the latter for zombies
                os.killpg(self._transport.get_pid(), signal.SIGKILL)

    async def close(self, grace: float) -> None:
        """Has the process end, by itself within `grace` seconds, or killed."""
        self.alive = False
        if self._transport is not None:
            self._stdin().close()
        await asyncio.wait([self.gone], timeout=grace)
        self.kill()
        await asyncio.shield(self.gone)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._tail.feed(data)
            if self._tail.fed > FLOOD:
                self._pause(fd)
            return
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._line += end
            self._take(bytes(self._line))
            self._line.clear()
        self._line += rest
        if len(self._line) > LIMIT:
            self._line.clear()
            self._give_up(f"it sent a line of more than {LIMIT / 2**20:.0f} MB")

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open.discard(fd)
        if self._exited and not self._open:
            self._settle()

    def process_exited(self) -> None:
        self._exited = True
        self.kill()  # whatever it forked
        if self._open:
            self._loop.call_later(LAST_WORDS, self._settle)
        else:
            self._settle()

    def _pause(self, fd: int) -> None:
        """Reads on a moment later: a demo that prints without end would have us do nothing but read."""
        assert self._transport is not None
        pipe = cast(asyncio.ReadTransport, self._transport.get_pipe_transport(fd))
        pipe.pause_reading()
        self._loop.call_later(PAUSE, pipe.resume_reading)

    def _take(self, line: bytes) -> None:
        if self._fault:
            return
        try:
            message = read_line(line)
            if self.started.done():
                self._listener(message)
            else:
                self._begin(read_start(message))
        except ValueError as error:
            if self.started.done():
                self._give_up(str(error))
            else:  # printed before the worker had stdout to itself, by a wrapper or a .pth file
                self._tail.feed(line + b"\n")

    def _begin(self, started: Ready | NoTorch) -> None:
        self.started.set_result(started)
        if isinstance(started, NoTorch):
            self.alive = False
            self._listener(started)
        else:
            self._tail.clear()
            self._flush()

    def _give_up(self, fault: str) -> None:
        self._fault = f"the process that runs demos could not be understood and was ended: {fault}"
        self.kill()

    def _settle(self) -> None:
        if self.gone.done():
            return
        self.alive = False
        code = self._transport.get_returncode() if self._transport else None
        early = "" if self.started.done() else f", before torch was there; it is {self.python}"
        died = WorkerDied(self._fault or ending(code or 0) + early, without_ours(self._tail.lines()))
        if not self.started.done():
            self.started.set_result(died)
        self.gone.set_result(died)
        self._listener(died)
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        for line in self._waiting:
            self._stdin().write(line)
        self._waiting.clear()

    def _stdin(self) -> asyncio.WriteTransport:
        assert self._transport is not None
        return cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))


def environment() -> dict[str, str]:
    """Ours, with one thread a library, and without empty entries in PYTHONPATH: they mean the reader's folder."""
    path = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    threads = {f"{name}_NUM_THREADS": "1" for name in THREADS}
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(path)}


def without_ours(stderr: tuple[str, ...]) -> tuple[str, ...]:
    """The lines without what faulthandler says of our own code; of a line of the demo's "demo.py:7 in bowl" is kept."""
    ours = (f'File "{WORKER.parents[2]}{os.sep}', "Extension modules: ")
    kept = [line for line in stderr if line.strip() and not line.strip().startswith(ours)]
    return tuple(STACK.sub(r"\1:\2 in \3", line) for line in kept)


def ending(code: int) -> str:
    """How the process ended, in a sentence; `code` is negative for a signal."""
    what = "the process that runs demos"
    if code >= 0:
        return f"{what} ended by itself with exit code {code}"
    if -code == signal.SIGKILL:
        return f"{what} was killed (signal 9), most likely for memory"
    known = {number.value: name for number, name in FAULTS.items()}
    return f"{known.get(-code, 'a signal')} (signal {-code}) ended {what}"
