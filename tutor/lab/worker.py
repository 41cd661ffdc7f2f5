"""The process that runs demos: `PYTHON worker.py [NICE]`, in whatever Python the reader's torch lives in.

It speaks as tutor/lab/protocol.py says, on duplicates of stdin and stdout; all that demos print goes to stderr.
Standard library and torch only, Python 3.9 and newer, and nothing of `tutor`: of our folder it sees `lessons` and
`diagnostics` alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import importlib.abc
import importlib.util
import json
import os
import platform
import queue
import signal
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from lessons.kit.judging import Judging
    from lessons.kit.running import Running

HERE = os.path.dirname(os.path.realpath(__file__))
HOME = os.path.dirname(os.path.dirname(HERE))
OURS = ("lessons", "diagnostics")

FIRST_OPTIMIZER = ("sympy", "torch.distributed.tensor", "torch._dynamo")
"""What the first torch.optim optimizer imports, a second's worth, in parts between which a request is served."""

AHEAD = os.environ.get("TUTOR_AHEAD") != "0"
"""Whether anything is imported before it is asked for."""

QUIET = 0.2
"""Seconds without a request after which the worker counts as idle: a new run follows a stopped one within less."""

PR_SET_PDEATHSIG = 1


class Ours(importlib.abc.MetaPathFinder):
    """Finds our packages by name, so that nothing that is installed beside them can be imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in OURS:
            return None
        folder = os.path.join(HOME, name)
        file = os.path.join(folder, "__init__.py")
        return importlib.util.spec_from_file_location(name, file, submodule_search_locations=[folder])


class Worker:
    """One thread listens and the main thread runs demos, so that a demo that never returns can still be ended."""

    def __init__(self, ears: BinaryIO, voice: BinaryIO) -> None:
        self.ears, self.voice = ears, voice
        self.requests: queue.Queue[dict[str, Any]] = queue.Queue()
        self.lock = threading.Lock()
        self.run: Running | Judging | None = None
        self.named = 0
        """The number of `run`."""
        self.begun = 0
        """The newest run whose code was touched."""
        self.stopping = 0
        """The newest run that was told to stop."""

    def listen(self) -> None:
        """Takes requests in until their pipe ends, and the process with it."""
        try:
            for line in self.ears:
                request = json.loads(line)
                self.requests.put(request)
                if request["do"] == "stop":
                    self.stop(request["run"])
        finally:
            end()

    def stop(self, run: int) -> None:
        """Interrupts the run; one whose code was not touched yet is stopped by saying so, whatever else goes on."""
        with self.lock:
            self.stopping = run
            untouched = run > self.begun
        if untouched:
            self.say({"event": "stopped", "run": run})
        else:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def interrupted(self, signum: int, frame: types.FrameType | None) -> None:
        """Handles the signal that `stop` sends."""
        if self.run and self.begun == self.stopping:
            self.run.interrupt(frame)

    def say(self, message: dict[str, Any]) -> None:
        from lessons.kit.wire import LIMIT, to_line

        line = to_line(message)
        if len(line) > LIMIT:
            size = f"this frame takes {len(line) / 2**20:.0f} MB as text, and {LIMIT / 2**20:.0f} MB is the most"
            body = {"kind": "ValueError", "message": size, "line": message["body"].get("line")}
            line = to_line({**message, "event": "failed", "body": body})
        with self.lock:
            self.voice.write(line)
            self.voice.flush()

    def load_torch(self) -> Any:
        """Says how the import went; torch, or None without."""
        try:
            torch = importlib.import_module("torch")
            torch.set_num_threads(1)
            body = {"torch": torch.__version__, "cuda": has_gpu(torch)}
        except BaseException as error:
            self.say({"event": "no-torch", "body": {"sentence": no_torch(error), "python": sys.executable}})
            return None
        self.say(
            {"event": "ready", "body": {**body, "python": platform.python_version(), "executable": sys.executable}}
        )
        return torch

    def serve(self, torch: Any) -> None:
        """Serves requests for ever; what is slow and can wait is done when none has come for a while."""
        warming, warm = warm_optimizer(torch), not AHEAD
        while True:
            try:
                request = self.requests.get(timeout=None if warm or self.run else QUIET)
            except queue.Empty:
                warm = not next(warming, False)
                continue
            self.obey(torch, request)

    def obey(self, torch: Any, request: dict[str, Any]) -> None:
        run = request["run"]
        if request["do"] in ("run", "judge"):
            self.leave()
            self.run = work(request)
            self.named = run
        elif request["do"] == "stop":
            if self.named == run:
                self.leave()
            if run <= self.begun:
                self.say({"event": "stopped", "run": run})
        elif self.run and self.named == run and self.begin(run):
            self.advance(torch, self.run, request["skip"])

    def begin(self, run: int) -> bool:
        """Whether the run's code may be touched: not once it was told to stop."""
        with self.lock:
            if run <= self.stopping:
                return False
            first, self.begun = run > self.begun, run
        if first:
            self.say({"event": "began", "run": run})
        return True

    def advance(self, torch: Any, running: Running | Judging, skip: int) -> None:
        message = running.next(torch, skip)
        if message is None:
            return  # the request to stop is the next one to be served
        if message["event"] not in ("frame", "judged"):
            self.leave()
        self.say({"run": self.named, **message})
        if message["event"] == "failed" and "CUDA error" in message["body"]["message"]:
            os._exit(0)  # it stays with the process: whatever runs here next would fail for no fault of its own

    def leave(self) -> None:
        if self.run:
            self.run.close()
        self.run = None


def work(request: dict[str, Any]) -> Running | Judging:
    """What a request asks to have done: a demo run, or an attempt at an exercise judged."""
    from lessons.kit.judging import Judging
    from lessons.kit.running import Running

    if request["do"] == "judge":
        return Judging(request["source"], request["file"], request["check"], request["seed"])
    return Running(request["source"], request["file"], request["demo"], request["knobs"])


def warm_optimizer(torch: Any) -> Iterator[bool]:
    """Does in steps what a demo would wait for when it makes the first optimizer of this process."""
    for name in FIRST_OPTIMIZER:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
        yield True
    with contextlib.suppress(Exception):
        torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def has_gpu(torch: Any) -> bool:
    """Whether torch has a GPU to use; a laptop's that sleeps is left asleep, and is none."""
    if getattr(getattr(torch, "version", None), "cuda", None):
        from diagnostics.doctor.probe.main import asleep
        from diagnostics.doctor.probe.pci import look

        if asleep(look("")):
            return False
    return bool(torch.cuda.is_available())


def no_torch(error: BaseException) -> str:
    from lessons.kit.failure import words

    if isinstance(error, ModuleNotFoundError) and error.name == "torch":
        return f"there is no torch in {sys.executable}: install it there, or name another Python with --python"
    return f"torch cannot be imported by {sys.executable} ({type(error).__name__}: {words(error)})"


def end() -> None:
    """Ends this process and, where it leads its group, all that it forked."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def end_with_parent() -> None:
    """Has the kernel end this process when its parent dies. Linux only; elsewhere the end of stdin tells."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was told
        end()


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The stdin and stdout we were given, for messages alone; from here on stdin is empty, and stdout is stderr."""
    ears, voice = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return ears, voice


def silence(voice: BinaryIO) -> None:
    """For a process that a demo forks: it has no say, and does not outlive us."""
    end_with_parent()
    os.dup2(os.open(os.devnull, os.O_WRONLY), voice.fileno())


def yield_to_others(nice: int) -> None:
    """What runs here is the last to get the processor and the first to be ended for its memory."""
    os.nice(nice)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def main() -> None:
    if sys.version_info < (3, 9):  # noqa: UP036 - the reader's Python, not ours
        sys.exit(f"demos need Python 3.9 or newer, and {sys.executable} is {platform.python_version()}")
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) != HERE]
    sys.meta_path.insert(0, Ours())
    ears, voice = take_pipes()
    end_with_parent()
    os.register_at_fork(after_in_child=lambda: silence(voice))
    yield_to_others(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    faulthandler.enable(all_threads=False)
    worker = Worker(ears, voice)
    signal.signal(signal.SIGINT, worker.interrupted)
    threading.Thread(target=worker.listen, daemon=True).start()
    try:
        torch = worker.load_torch()
        if torch is not None:
            worker.serve(torch)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # an orderly end would wait for the thread that listens


if __name__ == "__main__":
    main()
