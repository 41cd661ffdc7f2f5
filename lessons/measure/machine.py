"""What demos look at on the very machine they run on, mostly with the eyes of the doctor's probe.

Nothing is changed, and a GPU that sleeps is not woken. What could not be seen is "" or empty. Texts are clean: paths
and names come from outside.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from diagnostics.doctor.probe import driver, limits, loader, nodes, pci, root
from diagnostics.doctor.probe.main import asleep
from diagnostics.text import clean

NVIDIA = "10de"
OWNERS = ("Python", "the system", "NVIDIA's driver", "other wheels", "NVIDIA's wheels", "torch's wheel")
"""Who can have brought a library, from the bottom up."""

_DRIVER = re.compile(r"lib(cuda|cudadebugger|nvidia-[\w-]+|nvcuvid|nvoptix|dxcore|d3d12\w*)\.so")
_LIBRARY = re.compile(r"lib[\w.+-]{1,50}\.so(\.\d{1,9}){0,4}")
_VERSION = re.compile(r"\d{3,4}(\.\d{1,4}){1,2}")
_LOADED = (
    "import ctypes, os, sys\n"
    "try:\n"
    "    ctypes.CDLL(sys.argv[1])\n"
    "except OSError:\n"
    "    sys.exit()\n"
    "for line in open('/proc/self/maps'):\n"
    "    path = line.rstrip('\\n').partition('/')[2]\n"
    "    if path.rpartition('/')[2].startswith(sys.argv[1].partition('.so')[0] + '.so'):\n"
    "        sys.exit(print('/' + path))\n"
)


# ── The layers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def gpus() -> str:
    """NVIDIA's GPUs by what the kernel lists of the bus; in WSL and on a Jetson they are on none, and have a node."""
    found = [device for device in pci.look("") or [] if device["vendor"] == NVIDIA and device["device_class"] != "0680"]
    if found:
        first = clean(str(found[0]["address"]), 20)
        return f"{len(found)} on the bus, at {first}{', ...' if len(found) > 1 else ''}"
    known = {"/dev/dxg": "through WSL", "/dev/nvhost-gpu": "in the chip", "/dev/nvidia0": "a node, /dev/nvidia0"}
    return next((known[node] for node in (str(one["path"]) for one in nodes.look("") or []) if node in known), "")


def sleeps() -> bool:
    """Whether all of NVIDIA's GPUs here are switched off to save power, as in a laptop."""
    return asleep(pci.look(""))


def kernel_module() -> str:
    """The version of the driver that the kernel runs; WSL's is Windows' own."""
    loaded = driver.look("")["loaded"]
    return clean(str(loaded), 20) if loaded else "Windows has it" if os.path.exists("/dev/dxg") else ""


def libcuda() -> str:
    """Version, or file, of the libcuda that a program would load here."""
    for path, _ in loader.candidates("", "libcuda.so.1", os.environ):
        if loader.usable("", path):
            found = _VERSION.search((root.real("", path) or "").rpartition(".so.")[2])
            return found.group() if found else clean(path, 40)
    return ""


def codes() -> list[str]:
    """What this torch's kernels were compiled for, as "sm_80"; empty in a build without CUDA."""
    told = getattr(torch._C, "_cuda_getArchFlags", lambda: None)()
    return told.split() if told else []


def compiler() -> str:
    """Where nvcc, the toolkit's compiler, is."""
    return clean(shutil.which("nvcc") or "", 60)


# ── Libraries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Mapped:
    """A shared library in this process: its file's size in bytes, and which of OWNERS brought it."""

    name: str
    size: int
    owner: str


def mapped() -> list[Mapped]:
    """Those of this process, the largest first; empty where the system has no /proc."""
    try:
        with open("/proc/self/maps", errors="replace") as maps:
            paths = {f"/{line.rstrip().partition('/')[2]}" for line in maps if ".so" in line}
    except OSError:
        return []
    found = [Mapped(clean(os.path.basename(path), 60), os.path.getsize(path), _owner(path)) for path in _files(paths)]
    return sorted(found, key=lambda one: (-one.size, one.name))


def _files(paths: set[str]) -> Iterator[str]:
    """Those that still are files: one may have been replaced since it was loaded."""
    return (path for path in sorted(paths) if os.path.isfile(path))


def _owner(path: str) -> str:
    folder = os.path.realpath(os.path.dirname(torch.__file__))
    site = os.path.dirname(folder)
    if path.startswith((f"{folder}/", f"{site}/torch.libs/")):
        return "torch's wheel"
    if path.startswith(f"{site}/nvidia/"):
        return "NVIDIA's wheels"
    if "/site-packages/" in path or "/dist-packages/" in path:
        return "other wheels"
    if _DRIVER.match(os.path.basename(path)):
        return "NVIDIA's driver"
    prefixes = {os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix)} - {"/usr"}
    inside = any(path.startswith(f"{prefix}/") for prefix in prefixes) or "/lib-dynload/" in path
    return "Python" if inside else "the system"


@dataclass(frozen=True)
class Place:
    """A folder where the loader looks, why it does, and whether the library lies there."""

    folder: str
    why: str
    there: bool


def torch_folder() -> str:
    """Where torch's own libraries lie."""
    return os.path.join(os.path.dirname(torch.__file__), "lib")


def search(library: str, path: str) -> list[Place]:
    """Where a program's loader looks for a library, in its order, when LD_LIBRARY_PATH is `path` ("" for unset).

    Folders that were configured and lack the library are not listed. ValueError for what is no library's name.
    """
    if not _LIBRARY.fullmatch(library):
        raise ValueError(f"library takes the name of a shared library, as libgomp.so.1, not {library!r}")
    found: dict[str, Place] = {}
    for file, why in loader.candidates("", library, {"LD_LIBRARY_PATH": path}):
        folder, there = os.path.dirname(file), loader.usable("", file)
        if there or why == "LD_LIBRARY_PATH":
            found.setdefault(os.path.realpath(folder), Place(clean(folder, 200), why, there))
    return list(found.values())


def loaded(library: str, path: str) -> str:
    """The folder from which a new process really loads the library; "" where it finds none."""
    variables = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    if path:
        variables["LD_LIBRARY_PATH"] = path
    command = [sys.executable, "-I", "-S", "-c", _LOADED, library]
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=10, check=False)
    return clean(os.path.dirname(ran.stdout.strip()), 200)


# ── The environment ───────────────────────────────────────────────────────────────────────────────────────────────────


def python_of(command: str) -> str:
    """The Python that a command on the PATH runs in: itself, or the one that its script names; "" where none shows."""
    path = shutil.which(command)
    if path is None:
        return ""
    with open(path, "rb") as file:
        head = file.read(512).decode("utf-8", "replace")
    if not head.startswith("#!"):
        return path if os.path.basename(path).startswith("python") else ""
    named = re.match(r"#!\s*(/\S*python[\d.]*)\s", head) or re.search(r"exec'? \"?(/[^\"\n]*python[\d.]*)\"?", head)
    return named.group(1) if named else ""


# ── Limits ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Room:
    """What this machine gives a process: bytes of /dev/shm and of memory, open files, CPUs; None: not told."""

    shm: int | None
    files: int | None
    memory: int | None
    cpus: float


def room() -> Room:
    """As the process that asks has it: limits of its control group count."""
    found = limits.look("")
    share = found["cgroup_cpus"]
    has = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    files = _whole(found["open_files"])
    return Room(
        shm=_whole(found["shm_total"]),
        files=None if files is None or files < 0 else files,
        memory=_whole(found["cgroup_memory"]),
        cpus=min(float(has), float(share)) if isinstance(share, (int, float)) else float(has),
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
