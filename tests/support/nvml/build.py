"""Builds the simulated libnvidia-ml.so.1 and libcuda.so.1 from the C beside this file, with the compiler found here."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent
SHARED = ("scenario.c", "call.c", "errors.c")
NVML = ("nvml.c", "handles.c", "readings.c", "memory.c", "links.c", "fields.c", "mig.c", "processes.c")
CUDA = ("cuda.c",)
FLAGS = ("-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-fPIC", "-fvisibility=hidden", "-shared")


@dataclass(frozen=True)
class Build:
    """The two libraries as they were built."""

    nvml: Path
    cuda: Path


def compiler() -> str | None:
    """A C compiler on the path; None where there is none."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def functions() -> set[str]:
    """Every function of libnvidia-ml that the installed pynvml calls, read from its text."""
    spec = importlib.util.find_spec("pynvml")
    assert spec is not None
    assert spec.origin is not None
    return set(re.findall(r'_nvmlGetFunctionPointer\("(nvml\w+)"', Path(spec.origin).read_text(encoding="utf-8")))


def build(folder: Path, hidden: Iterable[str] = ()) -> Build:
    """Both libraries, in a folder under `folder` that processes may share: the first to finish building it wins.

    `hidden` functions are missing from libnvidia-ml, as from an older driver's.
    """
    names = sorted(hidden)
    target = folder / f"simulated-nvml-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:12]}"
    made = Build(target / "nvml.so", target / "cuda.so")
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            half = Path(scratch) / "build"
            half.mkdir()
            _build_into(half, names)
            try:
                half.rename(target)
            except OSError:
                if not target.exists():
                    raise
    return made


def lay_driver(made: Build, folder: Path, version: str, libcuda_version: str | None = "") -> Path:
    """`folder` as a driver's package fills it: libnvidia-ml.so.1 -> libnvidia-ml.so.550.54.14, and libcuda.so likewise.

    `libcuda_version` "" is the same version; None leaves libcuda out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _lay(made.nvml, folder, "libnvidia-ml.so", version)
    if libcuda_version is not None:
        _lay(made.cuda, folder, "libcuda.so", libcuda_version or version)
    return folder


def _lay(library: Path, folder: Path, name: str, version: str) -> None:
    shutil.copy(library, folder / f"{name}.{version}")
    (folder / f"{name}.1").symlink_to(f"{name}.{version}")


def _build_into(folder: Path, hidden: list[str]) -> None:
    stubs = folder / "stubs.c"
    stubs.write_text(_stubs(functions()))
    exported = folder / "exported.map"
    exported.write_text("{ global: nvml*; local: " + "".join(f"{name}; " for name in hidden) + "*; };\n")
    _compile(folder / "nvml.so", "libnvidia-ml.so.1", [*_paths(SHARED + NVML), stubs], exported)
    exported = folder / "cuda.map"
    exported.write_text("{ global: cu*; local: *; };\n")
    _compile(folder / "cuda.so", "libcuda.so.1", _paths(SHARED + CUDA), exported)


def _paths(names: Iterable[str]) -> list[Path]:
    return [SOURCES / name for name in names]


def _stubs(names: Iterable[str]) -> str:
    """Weak definitions, over which the real ones win."""
    weak = '__attribute__((weak, visibility("default"))) int {0}(void) {{ return nvml_stub("{0}"); }}'
    return "\n".join(["int nvml_stub(const char *function);", *map(weak.format, sorted(names))]) + "\n"


def _compile(library: Path, soname: str, sources: Iterable[Path], exported: Path) -> None:
    found = compiler()
    assert found is not None
    link = [f"-Wl,-soname,{soname}", f"-Wl,--version-script={exported}", "-Wl,-z,defs", "-lm", "-lpthread"]
    command = [found, *FLAGS, "-I", os.fspath(SOURCES), *map(os.fspath, sources), *link, "-o", os.fspath(library)]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(f"{found} could not build {soname}:\n{ended.stderr}")
