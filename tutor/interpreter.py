"""Which Python runs the demos: the one whose torch the reader uses."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """`why` says in a few words how it came to be chosen; it is always shown beside the path."""

    path: str
    why: str


def choose(asked: str | None, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The Python asked for, else the active virtual or conda environment's if it has a torch, else our own.

    Raises ValueError with a sentence when the one asked for cannot be run.
    """
    if asked:
        path = shutil.which(os.path.expanduser(asked))
        if path is None:
            raise ValueError(f"--python {asked}: there is no program that can be run")
        return Interpreter(os.path.abspath(path), "as asked by --python")
    for variable, kind in (("VIRTUAL_ENV", "virtual environment"), ("CONDA_PREFIX", "conda environment")):
        prefix = environ.get(variable)
        if not prefix or Path(prefix) == Path(sys.prefix):
            continue
        path = os.path.join(prefix, "bin", "python")
        if os.access(path, os.X_OK) and _has_torch(Path(prefix)):
            return Interpreter(path, f"the active {kind}")
    return Interpreter(sys.executable, "the tutor's own")


def _has_torch(prefix: Path) -> bool:
    """Whether torch lies in the environment's packages: seen from its files, since importing it takes seconds."""
    return any(prefix.glob("lib/python3*/site-packages/torch/version.py"))
