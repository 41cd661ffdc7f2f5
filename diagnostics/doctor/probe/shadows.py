"""Libraries of torch's wheel in whose place another is loaded, found by walking the dependencies as the loader does.

A library's RPATH is searched before LD_LIBRARY_PATH, its RUNPATH after it. torch's own libraries for CUDA have the
former and NVIDIA's wheels the latter, so that a folder on LD_LIBRARY_PATH takes the place of what NVIDIA's libraries
need of one another (libnvJitLink for libcusparse), and hardly ever of what torch itself needs.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Mapping

from diagnostics.doctor.probe.elf import Elf, read
from diagnostics.doctor.probe.loader import library_path, usable
from diagnostics.doctor.probe.root import is_folder, names, place, real

_FIRST = ("libtorch_global_deps.so", "libtorch_python.so", "libtorch_cuda.so", "libtorch_cuda_linalg.so")
"""What `import torch` loads, in its order, and what it loads at the first use of linear algebra."""

_NOT_OURS = ("libgomp", "libiomp", "libstdc++", "libgcc_s")
"""Brought by some wheels, and harmless from elsewhere."""

_MOST_MISSING = 5


class _Loaded:
    """A library in the order of loading, and the one that asked for it."""

    __slots__ = ("asker", "elf", "path")

    def __init__(self, path: str, elf: Elf, asker: _Loaded | None = None) -> None:
        self.path, self.elf, self.asker = path, elf, asker


def shadows(root: str, variables: Mapping[str, str], path: list[str]) -> list[dict[str, object]]:
    """Those of the first torch on `path`, Python's own, and of NVIDIA's wheels there."""
    wheels = _wheels(root, path)
    python = _python(root)
    strange = {name for folder in library_path(variables) for name in names(root, folder) or []}
    strange.update(name for folder in _folders(python.path, python.elf.rpath) for name in names(root, folder) or [])
    strange.update(os.path.basename(item) for item in preloaded(variables))
    if strange.isdisjoint(wheels):
        return []  # and not one library was opened
    return [_shadow(root, wheels, *found) for found in _Walk(root, variables, wheels, python).taken()]


def preloaded(variables: Mapping[str, str]) -> list[str]:
    """The items of LD_PRELOAD."""
    return [item for item in variables.get("LD_PRELOAD", "").replace(":", " ").split(" ") if item]


def _wheels(root: str, path: list[str]) -> dict[str, str]:
    """Name -> path of the libraries that torch and NVIDIA's wheels bring; the first of a name is the one in use."""
    brought: dict[str, str] = {}
    for site in (folder.rstrip("/") for folder in path if folder.startswith("/")):
        inside = [f"{site}/nvidia/{name}/lib" for name in names(root, f"{site}/nvidia") or []]
        for folder in (f"{site}/torch/lib", *inside, f"{site}/cusparselt/lib"):
            for name in names(root, folder) or []:
                if ".so" in name and not name.startswith(_NOT_OURS):
                    brought.setdefault(name, f"{folder}/{name}")
    return brought


def _python(root: str) -> _Loaded:
    """This Python: conda's has an RPATH, which is searched for libraries that torch loads, too."""
    path = real(root, os.path.realpath(sys.executable or "/")) or ""
    where = place(root, path) if path else None
    return _Loaded(path, (read(where) if where else None) or Elf())


class _Walk:
    """The loader's breadth-first walk through what torch's libraries need."""

    def __init__(self, root: str, variables: Mapping[str, str], wheels: dict[str, str], python: _Loaded) -> None:
        self.root, self.wheels, self.python = root, wheels, python
        self.preloaded = {os.path.basename(item): item for item in preloaded(variables)}
        self.path = [folder for folder in library_path(variables) if is_folder(root, folder)]
        self.loaded: dict[str, str] = dict(self.preloaded)
        """Name -> path: whatever needs a name again is given what was loaded under it first."""
        self.found: list[tuple[str, str, str, str]] = []

    def taken(self) -> list[tuple[str, str, str, str]]:
        """(name, path of what wins, by what, path of the asker) of the wheels' libraries that lose their place."""
        for name in _FIRST:
            if name in self.wheels:
                self._load(name, self.wheels[name], self.python)
        for name, path in self.wheels.items():
            if name not in self.loaded and "/nvidia/" in path:
                self._late(name, path)
        return self.found

    def _load(self, name: str, path: str, asker: _Loaded) -> None:
        self.loaded.setdefault(name, path)
        waiting = deque([self._open(path, asker)])
        while waiting:
            library = waiting.popleft()
            for wanted in library.elf.needed:
                fresh = wanted not in self.loaded
                path, by = self._resolve(wanted, library)
                self._note(wanted, path, by, library.path)
                if fresh and path:
                    self.loaded[wanted] = path
                    waiting.append(self._open(path, library))

    def _late(self, name: str, path: str) -> None:
        """One that nothing needs by name is loaded by its siblings as they run, as cuDNN's parts are."""
        sibling = self._open(path, self.python)
        winner, by = self._resolve(name, sibling)
        self._note(name, winner, by, "")
        self.loaded[name] = winner or path

    def _open(self, path: str, asker: _Loaded) -> _Loaded:
        where = place(self.root, path)
        return _Loaded(path, (read(where) if where else None) or Elf(), asker)

    def _resolve(self, name: str, library: _Loaded) -> tuple[str, str]:
        """(path, by); ("", "") for one that comes from the system's folders, or from nowhere."""
        if name in self.preloaded:
            return self.preloaded[name], "LD_PRELOAD"
        if name in self.loaded:
            return self.loaded[name], ""
        for folder, by in self._search(library):
            if usable(self.root, f"{folder}/{name}"):
                return f"{folder}/{name}", by
        return "", ""

    def _search(self, library: _Loaded) -> list[tuple[str, str]]:
        above: list[tuple[str, str]] = []
        asker: _Loaded | None = library if not library.elf.runpath else None
        while asker is not None:
            if not asker.elf.runpath:
                by = "RPATH of Python" if asker is self.python else "RPATH"
                above += [(folder, by) for folder in _folders(asker.path, asker.elf.rpath)]
            asker = asker.asker
        above += [(folder, "LD_LIBRARY_PATH") for folder in self.path]
        return above + [(folder, "RUNPATH") for folder in _folders(library.path, library.elf.runpath)]

    def _note(self, name: str, path: str, by: str, asker: str) -> None:
        mine = self.wheels.get(name)
        foreign = by in ("LD_LIBRARY_PATH", "LD_PRELOAD", "RPATH of Python")
        if mine and path and foreign and real(self.root, path) != real(self.root, mine):
            self.found.append((name, path, by, asker))


def _folders(path: str, written: str) -> list[str]:
    """The folders of an RPATH or RUNPATH of the library at `path`."""
    origin = os.path.dirname(path)
    items = written.replace("${ORIGIN}", "$ORIGIN").split(":")
    return [os.path.normpath(item.replace("$ORIGIN", origin)) for item in items if item.startswith(("/", "$ORIGIN"))]


def _shadow(root: str, wheels: dict[str, str], name: str, wins: str, by: str, asker: str) -> dict[str, object]:
    shadowed = wheels[name]
    return {
        "name": name,
        "wheel": shadowed,
        "wins": wins,
        "by": by,
        "wins_version": (real(root, wins) or "").rpartition(".so")[2].strip("."),
        "needed_by": os.path.basename(asker),
        "missing": _missing(root, asker, shadowed, wins) if asker else None,
    }


def _missing(root: str, asker: str, shadowed: str, wins: str) -> list[str] | None:
    """Symbols that the asker wants, the wheel's library has and the winner lacks; None where that cannot be told."""
    read_with_symbols = [read(place(root, path) or path, symbols=True) for path in (asker, shadowed, wins)]
    wanting, mine, theirs = read_with_symbols
    if wanting is None or mine is None or theirs is None:
        return None
    return sorted((wanting.wants & mine.defines) - theirs.defines)[:_MOST_MISSING]
