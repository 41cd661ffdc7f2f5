"""The loss functions of torch, each behind a judge, from enter to exit."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import torch
import torch.nn.functional as F

from diagnostics.finding import Finding, Where
from diagnostics.training.labels.births import Births
from diagnostics.training.labels.calls import LossCall, Signature, is_plain, read, signature_of, unseen
from diagnostics.training.labels.findings import NOT_JUDGED, finding, not_judged
from diagnostics.training.labels.inputs import Inputs
from diagnostics.training.labels.judge import RULES, judge
from diagnostics.training.naming import Scene, is_user, scene, user_frame

MOST_QUIET = 4096
NO_CALLER = f"{__file__}:importlib._bootstrap"
"""Python tells a warning of the calling line, and counts no frame as a caller whose file has these two words."""

SETTLED = 2
"""After so many losses of a line, what goes into layers is no longer looked at."""

Line = tuple[str, int, str]
"""File, line from 1, and the loss called there."""


class Labels:
    """Judges every loss call before torch does, and tells `report` once for a line and a fault.

    Values are read in the first `looks` calls of each line; after that dtypes and shapes alone. What the call returns
    or raises, its gradients and the random numbers are left as they are. `scene_at` makes the scene of a frame, and
    `heard` is told of each call.
    """

    def __init__(
        self,
        report: Callable[[Finding], None],
        looks: int = 3,
        scene_at: Callable[[FrameType], Scene] = lambda frame: scene(start=frame),
        heard: Callable[[LossCall, FrameType], None] | None = None,
    ) -> None:
        self._report, self._looks, self._scene_at, self._heard = report, looks, scene_at, heard
        self._births = Births()
        self._inputs = Inputs(report, scene_at, self._births)
        self._calls: dict[tuple[str, int, str], int] = {}
        self._quiet: set[tuple[Any, ...]] = set()
        self._told: set[tuple[str, int, str]] = set()
        self._thread = threading.local()
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Labels:
        self._births.__enter__()
        self._inputs.__enter__()
        taken = {id(getattr(F, name)): (name, getattr(F, name)) for name in RULES}
        judged = {key: self._judged(name, function) for key, (name, function) in taken.items()}
        for key, (name, function) in taken.items():
            self._put(F, name, function, judged[key])
        for module in _modules_of_the_user():
            for name, value in list(vars(module).items()):
                if id(value) in judged:
                    self._put(module, name, value, judged[id(value)])
        return self

    def __exit__(self, *error: object) -> None:
        while self._undo:
            self._undo.pop()()
        self._inputs.__exit__()
        self._births.__exit__()

    def _put(self, module: Any, name: str, before: Any, after: Any) -> None:
        setattr(module, name, after)
        self._undo.append(lambda: setattr(module, name, before) if getattr(module, name, None) is after else None)

    def _judged(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = signature_of(function)

        @functools.wraps(function)
        def loss(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or _tracing() or getattr(self._thread, "inside", False):
                return function(*args, **kwargs)
            self._thread.inside = True
            try:
                with torch._C.DisableTorchFunction():  # a mode of the script hears of no question of ours
                    self._look(name, signature, args, kwargs, sys._getframe())
                return function(*args, **kwargs)
            finally:
                self._thread.inside = False

        wrapper: Any = loss
        wrapper.__code__ = wrapper.__code__.replace(co_filename=NO_CALLER)
        wrapper.__prepare_scriptable__ = lambda: function  # torch.jit.script reads this
        return loss

    def _look(
        self, name: str, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any], frame: FrameType
    ) -> None:
        user = user_frame(frame)
        line = (user.f_code.co_filename, user.f_lineno, name) if user else ("", 0, name)
        try:
            call = read(name, signature, args, kwargs)
            if self._heard is not None:
                self._heard(call, frame)
            known, kind = self._calls.get(line, 0), (line, _kind(call.input), _kind(call.target))
            if known < self._looks or kind not in self._quiet:
                self._calls[line] = known + 1
                if known == SETTLED:
                    self._inputs.rest()
                with unseen():
                    self._judge(_readable(call, known < self._looks), line, kind, frame)
        except Exception as error:  # a call that we do not understand is torch's to judge
            self._give_up(line, error)

    def _give_up(self, line: Line, error: Exception) -> None:
        if (*line[:2], NOT_JUDGED) not in self._told:
            self._told.add((*line[:2], NOT_JUDGED))
            with contextlib.suppress(Exception):
                self._report(not_judged(line[2], Where(line[0], line[1]) if line[1] else None, error))

    def _judge(self, call: LossCall, line: Line, kind: tuple[Any, ...], frame: FrameType) -> None:
        verdicts = [each for each in judge(call) if (*line[:2], each.id) not in self._told]
        if not verdicts and len(self._quiet) < MOST_QUIET:
            self._quiet.add(kind)
        if verdicts:
            at = self._scene_at(frame)
            for verdict in verdicts:
                self._told.add((*line[:2], verdict.id))
                self._report(finding(verdict, call, at, self._births))


def _readable(call: LossCall, wanted: bool) -> LossCall:
    """The call, with its values to be read where that is wanted and can be."""
    return replace(call, look=wanted and call.tensors and is_plain(call.input) and is_plain(call.target))


def _kind(value: Any) -> tuple[Any, ...]:
    return (value.dtype, value.shape) if isinstance(value, torch.Tensor) else (type(value), None)


def _modules_of_the_user() -> list[Any]:
    """Modules that may have taken a loss by name before we came, as `from torch.nn.functional import mse_loss`."""
    files = ((module, getattr(module, "__dict__", {}).get("__file__")) for module in list(sys.modules.values()))
    return [module for module, file in files if module.__name__ == "__main__" or (type(file) is str and is_user(file))]


def _tracing() -> bool:
    return bool(torch._C._get_tracing_state())
