"""A demo at work: from the text of `demo.py` and the knobs' values to frames, one at a time.

Standard library only, Python 3.9 and newer; torch is handed in. This module runs in the worker.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
import random
import sys
from collections.abc import Iterable, Iterator
from types import FrameType, ModuleType
from typing import Any

from lessons.kit.failure import failure
from lessons.kit.wire import to_wire

MODULE = "__demo__"
"""The name of the module that a demo's source becomes."""

IMPORTING = "<frozen importlib._bootstrap>"
NOTHING = object()
ENDED: dict[str, Any] = {"event": "ended"}


class Stopped(BaseException):
    """Raised in a demo that is told to stop in the middle of a frame."""


class Running:
    """One run of a demo. What it says are the worker's messages about it, as tutor/lab/protocol.py names them."""

    def __init__(self, source: str, file: str, demo: str, knobs: dict[str, Any]) -> None:
        self.source, self.file, self.demo, self.knobs = source, file, demo, knobs
        self.frames: Any = None
        self.line: int | None = None
        """Where it stood last."""
        self.sent: Any = None
        """The frame shown last."""
        self.over: dict[str, Any] | None = None
        """What is left to say once the frames are used up."""

    def next(self, torch: Any, skip: int) -> dict[str, Any] | None:
        """What to say of the frame after `skip` others, or of the last one if the demo ends before; None if stopped."""
        frame = NOTHING
        try:
            if self.frames is None:
                self._start(torch)
            for _ in range(0 if self.over else skip + 1):
                frame = next(self.frames)
                self.line = self._stands_at()
        except StopIteration:
            self.over = ENDED
        except Stopped:
            return None
        except BaseException as error:
            self.over = self._failed(error)
        if frame is NOTHING:
            return self.over
        try:
            return self._shown(torch, frame)
        except Exception as error:
            return self._failed(error)

    def interrupt(self, at: FrameType | None) -> None:
        """Raises Stopped if the demo's code runs at `at`, but not within an import: half a module would stay behind."""
        if within((self.file,), at):
            raise Stopped

    def close(self) -> None:
        """Lets the demo's `finally` run; what it raises there concerns nobody."""
        sys.modules.pop(MODULE, None)
        with contextlib.suppress(BaseException):
            self.frames.close()

    def _start(self, torch: Any) -> None:
        """Makes the generator: in a fresh module, and with torch as a fresh process has it."""
        choose_device(torch, self.knobs)
        reset(torch)
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(keepends=True), self.file)
        code = compile(self.source, self.file, "exec", dont_inherit=True)
        module = sys.modules[MODULE] = ModuleType(MODULE)
        exec(code, module.__dict__)  # noqa: S102 - running what readers write is what this is for
        function = getattr(module, self.demo, None)
        if not inspect.isfunction(function):
            raise NameError(f"{self.file} has no function {self.demo}")
        self.line = inspect.unwrap(function).__code__.co_firstlineno
        try:
            inspect.signature(function).bind(**self.knobs)
        except TypeError as error:
            raise TypeError(f"the knobs do not fit {self.demo}(): {error}") from None
        self.frames = function(**self.knobs)
        if not isinstance(self.frames, Iterator):
            raise TypeError(f"{self.demo} gave no frames: it has to yield them")

    def _shown(self, torch: Any, frame: Any) -> dict[str, Any]:
        wire = to_wire(frame, self.sent)
        self.sent = frame
        return {"event": "frame", "body": {"frame": wire, "device": device_name(torch, self.knobs), "line": self.line}}

    def _failed(self, error: BaseException) -> dict[str, Any]:
        return {"event": "failed", "body": failure(error, self.file, self.source, self.line)}

    def _stands_at(self) -> int | None:
        """The line of the yield, where the generator is the demo's own function."""
        frame = getattr(self.frames, "gi_frame", None)
        return frame.f_lineno if frame and frame.f_code.co_filename == self.file else self.line


def within(own: Iterable[str], at: FrameType | None) -> bool:
    """Whether code of one of the files runs at `at`, and no import."""
    files = set()
    while at is not None:
        files.add(at.f_code.co_filename)
        at = at.f_back
    return not files.isdisjoint(own) and IMPORTING not in files


def choose_device(torch: Any, knobs: dict[str, Any]) -> None:
    """Turns device "auto" into what is there. Raises RuntimeError for a GPU that is not."""
    device = knobs.get("device")
    if device == "auto":
        knobs["device"] = "cuda" if torch.cuda.is_available() else "cpu"
    elif str(device).startswith("cuda") and not torch.cuda.is_available():
        raise RuntimeError("torch can use no GPU here: set device to cpu")


def device_name(torch: Any, knobs: dict[str, Any]) -> str:
    """What the demo runs on; one without a knob for it runs on the CPU."""
    device = str(knobs.get("device", "cpu"))
    return f"cuda:{torch.cuda.current_device()}" if device == "cuda" else device


def reset(torch: Any) -> None:
    """Undoes what the run before may have set, so that the same knobs give the same frames."""
    random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
