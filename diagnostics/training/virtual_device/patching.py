"""Replaces attributes of modules and classes, and puts everything back."""

from __future__ import annotations

from types import FunctionType
from typing import Any

_ABSENT = object()


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
