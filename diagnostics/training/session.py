"""One run of a script under watch: what is looked at when, and what goes into the journal."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib.util
import os
import platform
import re
import signal
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from diagnostics.finding import Finding
from diagnostics.training.arrival import on_import
from diagnostics.training.journal import Journal
from diagnostics.training.script import HERE, hide_our_frames, hide_our_frames_in_threads, run_as_main
from diagnostics.training.spawned import watch_spawned
from diagnostics.training.steps import EnoughSteps, stop_after

if TYPE_CHECKING:
    from diagnostics.training.run import Ours
    from diagnostics.training.watch import Watch

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")

PR_SET_PDEATHSIG = 1

LONGEST_TRACEBACK = 40_000
"""Characters of it that go into the journal."""

LAUNCHER = "torch.distributed.elastic.multiprocessing"
"""What torchrun and its like start their programs with."""

NOT_WATCHED = Finding(
    "launcher",
    "skipped",
    "The programs of a launcher were not watched",
    evidence=("torch.distributed starts processes of its own; check the script alone: `tutor check SCRIPT`",),
)


def begin(ours: Ours, options: dict[str, Any]) -> Session:
    """Watches this process from the moment on when it has imported torch."""
    session = Session(ours, options)
    hide_our_frames_in_threads()
    on_import("torch", session.torch_arrived)
    on_import("multiprocessing.util", lambda: watch_spawned(RUN, options, session.journal.descriptor))
    return session


class Session:
    """The watch over one process. `options`: device, gpus, steps, journal (a file descriptor), packages."""

    def __init__(self, ours: Ours, options: dict[str, Any]) -> None:
        self.ours, self.options = ours, options
        self.journal = Journal(options["journal"])
        self.watch: Watch | None = None
        self.is_the_script = False
        """False in a worker that the script has started."""

    def run(self, words: Sequence[str]) -> None:
        """Runs the script. What it raises leaves here, and the interpreter ends as it would without us."""
        self.is_the_script = True
        _end_with_parent()
        atexit.register(self._ended, os.getpid())  # the first is called last
        self._tell_of_exit(os.getpid())
        self.journal.write("began", {"python": platform.python_version()})
        on_import(LAUNCHER, lambda: self.journal.report(NOT_WATCHED))
        if importlib.util.find_spec("torch") is None:
            self.journal.write("no torch", {"python": sys.executable})
            sys.exit(1)
        try:
            run_as_main(words)
        except EnoughSteps:
            self.journal.write("enough", self.options["steps"])
        except BaseException as error:
            if self.watch is not None:
                with contextlib.suppress(Exception):  # the script's own error is the one to tell
                    self.watch.explain(error)
            if isinstance(error, Exception):
                self.journal.write("error", _told(error, self.options["device"]))
            hide_our_frames()
            raise

    def _ended(self, process: int) -> None:
        if os.getpid() == process:
            self.journal.write("ended", None)

    def _tell_of_exit(self, process: int) -> None:
        """os._exit calls nothing of what is to be done at exit."""
        leave = os._exit

        def _exit(status: int) -> NoReturn:
            self._ended(process)
            leave(status)

        _exit.__module__, _exit.__qualname__ = "os", "_exit"  # by which pickle finds it
        os._exit = _exit

    def torch_arrived(self) -> None:
        """Begins to look. Nothing that goes wrong in this may stop the script."""
        try:
            self._look()
        except Exception as error:
            self.journal.report(_not_checked(error))
        if self.is_the_script and self.options["steps"]:
            stop_after(self.options["steps"])

    def _look(self) -> None:
        import torch

        with self.ours.present():
            from diagnostics.training.watch import Watch
        self.watch = Watch(self.options["device"], self.options["gpus"], self.journal.report)
        self.watch.__enter__()
        atexit.register(self.watch.__exit__, None, None, None)
        self.journal.write("torch", {"version": torch.__version__, "device": self.watch.device})


def _told(error: Exception, device: str | None) -> dict[str, Any]:
    """The script's own error: its type, line and traceback, and whether it misses a GPU that `cuda` would give."""
    trace, place = error.__traceback__, ("", 0)
    while trace is not None:
        file = os.path.abspath(trace.tb_frame.f_code.co_filename)
        if os.path.exists(file) and not file.startswith(_NOT_THE_READERS):
            place = file, trace.tb_lineno
        trace = trace.tb_next
    misses = device != "cuda" and re.search(r"\bCUDA\b|NVIDIA driver", str(error)) is not None
    script = os.path.abspath(getattr(sys.modules.get("__main__"), "__file__", None) or "")
    return {
        "type": type(error).__name__,
        "file": place[0],
        "line": place[1],
        "in_script": place[0] == script,
        "misses_gpu": misses,
        "traceback": _printed(error),
    }


def _printed(error: Exception) -> str:
    """What Python prints of it, or the end of that."""
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))[-LONGEST_TRACEBACK:]
    except Exception:  # an error of the script's own class may not be printable
        return ""


_NOT_THE_READERS = (
    HERE + os.sep,
    *(os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


def _not_checked(error: Exception) -> Finding:
    return Finding(
        "not-checked",
        "skipped",
        "The script ran unwatched",
        evidence=(f"the watch could not begin: {type(error).__name__}: {error}",),
    )


def _end_with_parent() -> None:
    """Has the kernel end this process when the tutor is killed. Linux only."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(128 + signal.SIGKILL)
