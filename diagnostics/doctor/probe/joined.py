"""Modules of the probe joined into one text, which any Python can be given: `ssh host python3 - < text`.

The text begins in words that Python 2 understands, so that one too old says so in a sentence. Each module keeps its
name and its namespace; nothing is read from this project's folder, nor written to disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

PACKAGE = __name__.rpartition(".")[0]

BOOT = """\
import sys

SOURCES = {sources}

if sys.version_info < (3, 8):
    said = "Python %d.%d is too old for the doctor, which looks into 3.8 and newer" % sys.version_info[:2]
    sys.stdout.write('{{"section": "python", "trouble": "' + said + '"}}\\n')
    sys.exit(0)

if sys.path and sys.path[0] == "":
    del sys.path[0]  # nothing in the current folder stands for a module of the library

from importlib.machinery import ModuleSpec


class Sources:
    def find_spec(self, name, path=None, target=None):
        if name in SOURCES:
            return ModuleSpec(name, self, is_package=any(other.startswith(name + ".") for other in SOURCES))

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(SOURCES[module.__name__], "<" + module.__name__ + ">", "exec"), module.__dict__)

    def get_source(self, name):
        return SOURCES[name]


sys.meta_path.insert(0, Sources())

from {entry} import main

main({options})
"""


def joined(modules: Iterable[str], entry: str, options: dict[str, Any]) -> str:
    """A text that runs `main(options)` of the module `entry`. All are named within the probe, as "nvml"."""
    names = [f"{PACKAGE}.{module}" for module in modules]
    above = PACKAGE.split(".")
    sources = {".".join(above[: count + 1]): "" for count in range(len(above))}
    sources.update({name: _source(name) for name in names})
    lines = "".join(f"    {name!r}: {source!a},\n" for name, source in sources.items())
    return BOOT.format(sources=f"{{\n{lines}}}", entry=f"{PACKAGE}.{entry}", options=ascii(options))


def _source(name: str) -> str:
    """A module's own text, from its file or from the text that we run from."""
    spec = find_spec(name)
    source: str = spec.loader.get_source(name)  # type: ignore[union-attr]
    return source
