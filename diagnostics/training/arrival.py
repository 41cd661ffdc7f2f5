"""Calls back once a module has been imported, whoever imports it: the script decides when torch is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def on_import(name: str, then: Callable[[], None]) -> None:
    """Calls `then` at the end of the import of `name`, before whoever imports it goes on; at once if it is there."""
    if name in sys.modules:
        then()
    else:
        sys.meta_path.insert(0, _Doorkeeper(name, then))


class _Doorkeeper:
    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self.name, self.then = name, then

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        if name != self.name:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    announced: Any = _Announced(spec.loader, self)
                    spec.loader = announced
                return spec
        return None

    def arrived(self) -> None:
        sys.meta_path.remove(self)
        self.then()


class _Announced:
    """The module's own loader, but for what follows the execution."""

    def __init__(self, loader: Any, doorkeeper: _Doorkeeper) -> None:
        self.loader, self.doorkeeper = loader, doorkeeper

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self._step_aside(module)
        self.loader.exec_module(module)
        self.doorkeeper.arrived()

    def _step_aside(self, module: ModuleType) -> None:
        """The module finds the loader that it would have had."""
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
