"""Runs a script as `PYTHON SCRIPT ARGS` would, under watch: `PYTHON run.py OPTIONS [-m] SCRIPT ARGS`, OPTIONS as JSON.

The process of `tutor check` that belongs to the script: any Python from 3.9 on, the standard library, and torch from
the moment on when the script itself imports it. Of the tutor's folder nothing but `diagnostics` can be imported here.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

HERE = os.path.dirname(os.path.realpath(__file__))
DIAGNOSTICS = os.path.dirname(HERE)


class Ours:
    """What the watch is made of, kept apart from the script's modules: a script may have a `diagnostics` of its own.

    Ours stand in sys.modules while something of ours is imported, and else only where the script asks for them and
    has none of that name. Nothing of ours may be imported late, inside a function, but within `present`.
    """

    def __init__(self, folders: dict[str, str]) -> None:
        self.folders = folders
        """Package -> where it lies."""
        self.loaded: dict[str, ModuleType] = {}
        self.inside = False
        self._alone = threading.RLock()

    @contextlib.contextmanager
    def present(self) -> Iterator[None]:
        """While this lasts, an import of ours finds ours."""
        with self._alone:
            theirs = self._taken_out()
            sys.modules.update(self.loaded)
            self.inside = True
            try:
                yield
            finally:
                self.inside = False
                self.loaded = self._taken_out()
                sys.modules.update(theirs)

    def _taken_out(self) -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] in self.folders]
        return {name: sys.modules.pop(name) for name in names}

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """Ours for us; for the script what it has, and else ours."""
        package = name.partition(".")[0]
        if package not in self.folders:
            return None
        if self.inside:
            return self._from_file(name) if name == package else None
        theirs = importlib.machinery.PathFinder.find_spec(name, path)
        if name not in self.loaded or (theirs is not None and theirs.origin != self.loaded[name].__file__):
            return theirs
        loader: Any = _Loaded(self.loaded[name])
        return importlib.machinery.ModuleSpec(name, loader, is_package=name == package)

    def _from_file(self, package: str) -> Any:
        file = os.path.join(self.folders[package], "__init__.py")
        return importlib.util.spec_from_file_location(package, file, submodule_search_locations=[self.folders[package]])


class _Loaded:
    """Hands out a module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        pass


def prepared(options: dict[str, Any]) -> Any:
    """The module `session`, with ours kept apart from here on, and the Ours that keeps them."""
    ours = Ours({"diagnostics": DIAGNOSTICS, **options["packages"]})
    sys.meta_path.insert(0, ours)
    with ours.present():
        from diagnostics.training import session
    return session, ours


def in_worker(options: str) -> None:
    """Puts a process that the script's `multiprocessing` starts under the same watch."""
    session, ours = prepared(json.loads(options))
    session.begin(ours, json.loads(options))


def main() -> None:
    if sys.version_info < (3, 9):  # noqa: UP036 - the reader's Python, not ours
        sys.exit(f"checking needs Python 3.9 or newer, and {sys.executable} is {sys.version.split()[0]}")
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) != HERE]
    options = json.loads(sys.argv[1])
    session, ours = prepared(options)
    session.begin(ours, options).run(sys.argv[2:])


if __name__ == "__main__":
    main()
