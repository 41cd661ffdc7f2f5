"""Replaces attributes of modules and classes, and puts everything back."""

from __future__ import annotations

from types import FunctionType
from typing import Any

_ABSENT = object()

_NO_CALLER = ":importlib._bootstrap"
"""Python tells a warning of the calling line, and counts no frame as a caller whose file has these two words."""


def count_as_no_caller(value: Any) -> None:
    """Has warnings that come from below this function, or one of a class, told at the line that called it."""
    if isinstance(value, FunctionType) and not value.__code__.co_filename.endswith(_NO_CALLER):
        value.__code__ = value.__code__.replace(co_filename=value.__code__.co_filename + _NO_CALLER)


def make_findable(owner: Any, name: str, value: Any) -> None:
    """Names a function or a class that stands in `owner` after its place, by which pickle looks it up.

    What wraps a function of torch's C++ has that one's name, which leads nowhere.
    """
    value = getattr(value, "__func__", value)
    if not isinstance(value, (FunctionType, type)):
        return
    if isinstance(owner, type):
        module, path = owner.__module__, f"{owner.__qualname__}.{name}"
    else:
        module, path = owner.__name__, name
    value.__module__, value.__qualname__, value.__name__ = module, path, name


class Patches:
    """What was replaced, so that `undo` restores it in reverse order."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Replaces what `owner` itself has under this name; what it only inherits is shadowed until `undo`."""
        self._replaced.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)
        make_findable(owner, name, value)

    def put_if_there(self, owner: Any, name: str, value: Any) -> None:
        """The same where this version of torch has the name."""
        if hasattr(owner, name):
            self.put(owner, name, value)

    def replaced(self) -> dict[int, Any]:
        """What now stands for each thing, by the id of what stood there."""
        return {id(before): vars(owner)[name] for owner, name, before in self._replaced}

    def undo(self) -> None:
        while self._replaced:
            owner, name, before = self._replaced.pop()
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
