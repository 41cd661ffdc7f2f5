"""An attempt at an exercise under judgement: its properties, one at a time, until one does not hold.

Standard library only, Python 3.9 and newer; torch is handed in. This module runs in the worker.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
import random
import sys
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

from lessons.kit.failure import failure, words
from lessons.kit.properties import Broken, Given, Missing
from lessons.kit.running import ENDED, Stopped, reset, within

MODULE = "__exercise__"
"""The name of the module that the reader's file becomes."""

CHECK = "check.py"


class Judging:
    """One attempt. What it says are the worker's messages about it, as tutor/lab/protocol.py names them."""

    def __init__(self, source: str, file: str, check: str, seed: int) -> None:
        self.source, self.file, self.check, self.seed = source, file, check, seed
        self._left: Iterator[dict[str, Any]] | None = None

    def next(self, torch: Any, skip: int) -> dict[str, Any] | None:
        """What is to say of the next property; None if stopped. Nothing is skipped."""
        try:
            if self._left is None:
                self._left = self._judge(torch)
            return next(self._left, ENDED)
        except Stopped:
            return None
        except BaseException as error:  # of the reader's file as it was loaded
            return {"event": "failed", "body": failure(error, self.file, self.source)}

    def interrupt(self, at: FrameType | None) -> None:
        """Raises Stopped if the attempt's code runs at `at`, or the check's."""
        if within((self.file, CHECK), at):
            raise Stopped

    def close(self) -> None:
        sys.modules.pop(MODULE, None)
        with contextlib.suppress(BaseException):
            self._left.close()  # type: ignore[union-attr]

    def _judge(self, torch: Any) -> Iterator[dict[str, Any]]:
        reset(torch)
        given = Given(self._load(MODULE, self.source, self.file))
        check = self._load("__check__", self.check, CHECK)
        properties = [
            function
            for name, function in vars(check).items()
            if inspect.isfunction(function) and function.__module__ == "__check__" and not name.startswith("_")
        ]
        for number, function in enumerate(properties):
            body = {"property": function.__name__, "sentence": inspect.getdoc(function) or "", "of": len(properties)}
            reset(torch)
            random.seed(self.seed + number)
            torch.manual_seed(self.seed + number)
            broken = self._broken(function, given)
            yield {"event": "judged", "body": {**body, "holds": not broken, **broken}}
            if broken:
                return

    def _broken(self, function: Any, given: Given) -> dict[str, Any]:
        """What told that a property does not hold: a counterexample, or an error in the reader's code."""
        try:
            function(given)
        except Stopped:
            raise
        except (Broken, Missing) as error:
            return {"counterexample": words(error)}
        except BaseException as error:
            told = failure(error, self.file, self.source)
            if told["line"] is not None:
                return {"error": told}
            if isinstance(error, AssertionError):
                return {"counterexample": words(error) or "it does not hold"}
            return {"counterexample": f"what came back could not be used ({type(error).__name__}: {words(error)})"}
        return {}

    @staticmethod
    def _load(name: str, source: str, file: str) -> ModuleType:
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        module = sys.modules[name] = ModuleType(name)
        module.__file__ = file
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - this is what it is for
        return module
