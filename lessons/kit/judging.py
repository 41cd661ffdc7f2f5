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

MODULE, CHECK_MODULE = "__exercise__", "__check__"
"""The names of the modules that the reader's file and the check become."""

CHECK = "check.py"

UNUSABLE = "what came back could not be used"
"""So begins the counterexample where a property itself raised: of what it got, or for a mistake of its own."""


class Judging:
    """One attempt. What it says are the worker's messages about it, as tutor/lab/protocol.py names them."""

    def __init__(self, source: str, file: str, check: str, seed: int) -> None:
        self.source, self.file, self.check, self.seed = source, file, check, seed
        self._left: Iterator[dict[str, Any]] | None = None

    def next(self, torch: Any, skip: int) -> dict[str, Any] | None:
        """What is to say of the next property; None if stopped. Nothing is skipped."""
        try:
            if self._left is None:  # loaded out here: a StopIteration in a generator would lose its line
                reset(torch)
                given = Given(self._load(MODULE, self.source, self.file))
                try:
                    check = self._load(CHECK_MODULE, self.check, CHECK)
                except Exception as error:
                    return {"event": "failed", "body": self._of_check(error)}
                self._left = self._judge(torch, given, check)
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
        for name in (MODULE, CHECK_MODULE):
            sys.modules.pop(name, None)
        with contextlib.suppress(BaseException):
            self._left.close()  # type: ignore[union-attr]

    def _judge(self, torch: Any, given: Given, check: ModuleType) -> Iterator[dict[str, Any]]:
        properties = [
            function
            for name, function in vars(check).items()
            if inspect.isfunction(function) and function.__module__ == CHECK_MODULE and not name.startswith("_")
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
            return {"counterexample": f"{UNUSABLE} ({type(error).__name__}: {words(error)})"}
        return {}

    def _of_check(self, error: Exception) -> dict[str, Any]:
        """A check that does not load: its lines are none of the reader's."""
        told = failure(error, CHECK, self.check)
        where = f"{CHECK}, line {told['line']}" if told["line"] else CHECK
        return {"kind": told["kind"], "message": f"{told['message']} ({where})", "line": None, "columns": None}

    @staticmethod
    def _load(name: str, source: str, file: str) -> ModuleType:
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        module = sys.modules[name] = ModuleType(name)
        module.__file__ = file
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - this is what it is for
        return module
