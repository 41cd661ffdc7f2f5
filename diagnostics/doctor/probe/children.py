"""The probe's own children: each asks what can crash or hang, in a process group of its own and within a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import IO, Any, NoReturn, Protocol

from diagnostics.doctor.probe.joined import PACKAGE, joined

LONGEST = 2**20
"""Bytes of one line, and of what is kept of a child's standard error."""
TICK = 0.1
"""Seconds; a child's death is also looked for by itself, since what it started may hold its pipes open."""


class Process(Protocol):
    """What is needed of a process: that of subprocess, or Forked."""

    pid: int

    @property
    def stdout(self) -> IO[bytes] | None: ...
    @property
    def stderr(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class Child:
    """One child and what it said. `limit` in seconds; with `renewed` it begins anew each time that the child speaks.

    `how` is "" while it runs, then "answered", "died" (by `signal`), "left" (by `code`) or "hung".
    """

    def __init__(self, section: str, process: Process, limit: float, renewed: bool = False) -> None:
        self.section = section
        self.process = process
        self.limit = limit
        self.renewed = renewed
        self.deadline = time.monotonic() + limit
        self.facts: dict[str, Any] = {}
        self.at = ""
        self.how = ""
        self.signal = ""
        self.code = 0
        self.errors = b""
        self._unread = b""
        self._ended = False

    def said(self) -> list[str]:
        """The lines of its standard error."""
        return self.errors.decode("utf-8", "replace").strip().split("\n")

    def kill(self) -> None:
        """Ends it and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def hear(self, data: bytes) -> None:
        """Takes in what came from it."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        self._unread = self._unread[:LONGEST]
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:  # garbage: what counts is whether an answer comes
                continue
            if not isinstance(message, dict):
                continue
            self.facts.update(message.get("facts", {}))
            self.at = message.get("at", self.at)
            self._ended = self._ended or "end" in message
            if self.renewed:
                self.deadline = time.monotonic() + self.limit

    def look(self, gone: bool, open_pipes: int) -> bool:
        """Whether it is over; if so, `how` says in which way. `gone`: it was, before its pipes were last read."""
        if self._ended:
            self.how = "answered"
        elif gone or open_pipes == 0:
            with contextlib.suppress(subprocess.TimeoutExpired):  # without pipes it is on its way out
                self._died(self.process.wait(TICK))
        if not self.how and time.monotonic() > self.deadline:
            self.how = "hung"
        return bool(self.how)

    def _died(self, code: int) -> None:
        self.how, self.code = ("died" if code < 0 else "left"), code
        if code < 0:
            with contextlib.suppress(ValueError):
                self.signal = signal.Signals(-code).name


def begun(module: str, options: dict[str, Any]) -> Process:
    """A Python of its own that runs a module of the probe."""
    text = joined(("speech", module), module, options)
    return subprocess.Popen(
        [sys.executable, "-c", text],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


class Forked:
    """A child that runs a module of the probe from here on: a Python takes longer to start than NVML to answer."""

    def __init__(self, module: str, options: dict[str, Any]) -> None:
        out, said = os.pipe()
        errors, wrong = os.pipe()
        self._code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _become(module, options, said, wrong)
        os.close(said)
        os.close(wrong)
        self.stdout: IO[bytes] = open(out, "rb", buffering=0)  # noqa: SIM115
        self.stderr: IO[bytes] = open(errors, "rb", buffering=0)  # noqa: SIM115

    def poll(self) -> int | None:
        """Its exit code, or its signal as a negative number; None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """As subprocess has it. Raises TimeoutExpired."""
        deadline = time.monotonic() + (timeout or 0.0)
        while True:
            code = self.poll()
            if code is not None:
                return code
            if timeout is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(0.002)


def _become(module: str, options: dict[str, Any], said: int, wrong: int) -> NoReturn:
    """The forked side: it leaves the probe's group, and ends here whatever comes."""
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for standard, fd in enumerate((os.open(os.devnull, os.O_RDONLY), said, wrong)):
            os.dup2(fd, standard)
        import_module(f"{PACKAGE}.{module}").main(options)
        os._exit(0)
    except BaseException:
        import traceback  # here, since it takes a while to load

        traceback.print_exc()
    finally:
        os._exit(1)


def attend(children: Sequence[Child], tick: Callable[[], None]) -> Iterator[Child]:
    """Each child when it is over and all that it started is killed. `tick` is called all the while."""
    waiting = list(children)
    with selectors.DefaultSelector() as ready:
        for child in waiting:
            for pipe in (child.process.stdout, child.process.stderr):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    ready.register(pipe, selectors.EVENT_READ, child)
        while waiting:
            soonest = min(child.deadline for child in waiting) - time.monotonic()
            gone = {child for child in waiting if child.process.poll() is not None}
            for key, _ in ready.select(max(0.0, min(TICK, soonest))):
                _read(ready, key)
            for child in list(waiting):
                if child.look(child in gone, sum(key.data is child for key in ready.get_map().values())):
                    child.kill()
                    _drain(ready, child)
                    waiting.remove(child)
                    yield child
            tick()


def _read(ready: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
    """One piece of what waits in a pipe; False when there is none."""
    child: Child = key.data
    try:
        data = os.read(key.fd, 2**20)  # more than a pipe holds
    except BlockingIOError:
        return False
    if not data:
        ready.unregister(key.fileobj)
        return False
    if key.fileobj is child.process.stdout:
        child.hear(data)
    else:
        child.errors = (child.errors + data)[-LONGEST:]
    return True


def _drain(ready: selectors.BaseSelector, child: Child) -> None:
    """What it said last, and its end: one that the kernel holds is not waited for."""
    for key in [key for key in ready.get_map().values() if key.data is child]:
        while _read(ready, key):
            pass
        if key.fileobj in [other.fileobj for other in ready.get_map().values()]:
            ready.unregister(key.fileobj)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(TICK)
