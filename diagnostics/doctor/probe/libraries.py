"""libcuda and libnvidia-ml in the loader's order, and what stands beside them: stubs, toolkits, compilers, shadows."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping

from diagnostics.doctor.probe.loader import candidates, configured, library_path, usable
from diagnostics.doctor.probe.root import is_file, is_folder, program, real, text
from diagnostics.doctor.probe.services import version_of
from diagnostics.doctor.probe.shadows import preloaded, shadows

_COMPILERS = ("cc", "gcc", "clang")
_COMPAT = re.compile(r"/cuda[^/]*/compat(/|$)")


def look(root: str, variables: Mapping[str, str] = os.environ, path: list[str] | None = None) -> dict[str, object]:
    """The fields of Libraries, for the Python whose `path` is given: this one's where it is not."""
    folders = library_path(variables) + configured(root)
    return {
        "libcuda": _found(root, "libcuda.so.1", variables),
        "libnvidia_ml": _found(root, "libnvidia-ml.so.1", variables),
        "shadows": shadows(root, variables, sys.path if path is None else path),
        "stubs": _standing(root, (folder for folder in folders if os.path.basename(folder) == "stubs")),
        "compat": _standing(root, (folder for folder in folders if _COMPAT.search(folder))),
        "toolkit": _toolkit(root, variables),
        "compiler": _compiler(root, variables),
        "preloads": preloaded(variables) + (text(root, "/etc/ld.so.preload") or "").replace(":", " ").split(),
    }


def _standing(root: str, folders: Iterable[str]) -> list[str]:
    """Those that are there, each once."""
    return [folder for folder in dict.fromkeys(folders) if is_folder(root, folder)]


def _found(root: str, name: str, variables: Mapping[str, str]) -> list[dict[str, str]]:
    """Each file once, by the way in which the loader comes to it first."""
    found: dict[str, dict[str, str]] = {}
    for path, by in candidates(root, name, variables):
        behind = real(root, path)
        if behind is not None and behind not in found and usable(root, path):
            version = behind.rpartition(".so")[2].strip(".")
            found[behind] = {"name": name, "path": path, "real": behind, "version": version, "by": by}
    return list(found.values())


def _toolkit(root: str, variables: Mapping[str, str]) -> str:
    """By the file that NVIDIA lays beside its compiler, by the folder's name, or else by asking the compiler."""
    homes = [variables[name].rstrip("/") for name in ("CUDA_HOME", "CUDA_PATH") if variables.get(name)]
    compilers = [f"{home}/bin/nvcc" for home in homes if home.startswith("/")] + [program(root, "nvcc", variables)]
    compiler = next((path for path in compilers if path and is_file(root, path)), "")
    if not compiler:
        return ""
    home = os.path.dirname(os.path.dirname(real(root, compiler) or compiler))
    named = re.search(r"cuda-(\d{1,3}\.\d{1,3})$", home)
    told = _written(root, home) or (named.group(1) if named else "")
    return told or version_of(root, os.path.basename(compiler), {"PATH": os.path.dirname(compiler)}) or ""


def _written(root: str, home: str) -> str:
    try:
        told = json.loads(text(root, f"{home}/version.json") or "{}")["cuda"]["version"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return told if isinstance(told, str) else ""


def _compiler(root: str, variables: Mapping[str, str]) -> str:
    chosen = variables.get("CC", "").partition(" ")[0]
    if chosen.startswith("/") and is_file(root, chosen):
        return chosen
    found = (program(root, name, variables) for name in (chosen, *_COMPILERS) if name and "/" not in name)
    return next((path for path in found if path), "")
