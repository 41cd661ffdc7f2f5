"""What lies in the judged Python's packages, read from its files: importing torch takes seconds, and can end a process.

Folders are listed once, and metadata is read only of the distributions that matter to torch.
"""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterable
from typing import Any

from diagnostics.doctor.probe.requirements import Requirement, met, normalised, requirement

PINNED = ("torch", "torchvision", "torchaudio", "triton")
BUILT = ("torchvision", "torchaudio")

KERNELS = (
    "apex", "autoawq-kernels", "auto-gptq", "causal-conv1d", "detectron2", "exllamav2", "flash-attn", "flash-attn-3",
    "flashinfer-python", "mamba-ssm", "mmcv", "natten", "pyg-lib", "pytorch3d", "sgl-kernel", "torch-cluster",
    "torch-scatter", "torch-sparse", "torch-spline-conv", "torchao", "torchcodec", "transformer-engine-torch", "vllm",
    "xformers",
)  # fmt: skip
"""Distributions with kernels of their own that are built against one torch."""

MATTER = (
    "accelerate", "bitsandbytes", "cuda-bindings", "cuda-python", "cuda-toolkit", "cupy-cuda12x", "cupy-cuda13x",
    "deepspeed", "intel-openmp", "jax", "jaxlib", "lightning", "mkl", "numpy", "pynvml", "pytorch-lightning",
    "pytorch-triton", "pytorch-triton-rocm", "pytorch-tutor", "tensorflow", "tensorrt", "torch", "torchaudio",
    "torchvision", "transformers", "triton", "triton-rocm",
)  # fmt: skip
FAMILIES = ("nvidia-", "jax-cuda")

OPENMP = re.compile(r"^lib(gomp|iomp5|omp)\b.*\.(so|dylib)")
LONGEST_HEADER = 2**16
LONGEST_RECORD = 2**24

_VARIABLE = re.compile(r"^(__version__|cuda|hip)\s*(?::[^=\n]*)?=\s*(?:None|(['\"])(.*?)\2)", re.MULTILINE)
_DISTRIBUTION = re.compile(r"^(.+?)-([^-]+?)(?:-py[\d.]+)?\.(?:dist|egg)-info$")
_CONDA_TORCH = re.compile(r"^pytorch-(\d[^-]*)-[^-]+\.json$")


def look(root: str) -> dict[str, Any]:
    """Section "packages", of this Python: a root has none of its own that could run."""
    folders = [Folder(path) for path in dict.fromkeys(sys.path) if os.path.isdir(path)]
    found: dict[str, Distribution] = {}
    for folder in folders:
        for one in folder.distributions:
            found.setdefault(one.name, one)
    return {
        "torches": [torch(folder) for folder in folders if folder.holds("torch", "version.py")],
        "metadata": [one.path for folder in folders for one in folder.distributions if one.name == "torch"],
        "leftovers": [os.path.join(folder.path, name) for folder in folders for name in folder.names if left(name)],
        "versions": {one.name: one.version for one in found.values() if matters(one.name)},
        "builds": builds(folders),
        "unmet": unmet(found),
        "missing": [gone for one in found.values() if one.name.startswith("nvidia-") for gone in one.missing()],
        "conda_torch": conda_torch(),
        "pynvml": pynvml(folders),
        "needs_pynvml": needs_pynvml(found),
        "openmp": openmp(folders),
        "kernels": {one.name: built_for(one) for one in found.values() if one.name in KERNELS},
    }


class Folder:
    """A folder of sys.path, and what lies in it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.names = names(path)
        matches = ((name, _DISTRIBUTION.match(name)) for name in self.names)
        self.distributions = [
            Distribution(path, name, normalised(match[1]), match[2])
            for name, match in matches
            if match and not left(name)
        ]

    def holds(self, *parts: str) -> bool:
        return parts[0] in self.names and os.path.isfile(os.path.join(self.path, *parts))


class Distribution:
    """An installed distribution, by the name of its metadata's folder."""

    def __init__(self, folder: str, info: str, name: str, version: str) -> None:
        self.folder = folder
        self.path = os.path.join(folder, info)
        self.name = name
        self.version = version

    def headers(self, name: str) -> list[str]:
        """Every value of a header of its METADATA."""
        head = text(os.path.join(self.path, "METADATA"), LONGEST_HEADER).partition("\n\n")[0]
        return re.findall(rf"^{name}: *(.*)$", head, re.MULTILINE)

    def requirements(self) -> list[Requirement]:
        asked = map(requirement, self.headers("Requires-Dist"))
        return [one for one in asked if one is not None]

    def missing(self) -> list[str]:
        """Libraries that its RECORD lists and that are gone."""
        record = text(os.path.join(self.path, "RECORD"), LONGEST_RECORD)
        listed = re.findall(r"^\"?([^,\n\"]+\.so[.\d]*)\"?,", record, re.MULTILINE)
        paths = (os.path.normpath(os.path.join(self.folder, name)) for name in listed)
        return [path for path in paths if not os.path.exists(path)]


def matters(name: str) -> bool:
    return name in MATTER or name in KERNELS or name.startswith(FAMILIES)


def left(name: str) -> bool:
    """A folder that an interrupted pip renamed: "~orch", "~-rch", "~orch-2.6.0.dist-info"."""
    return (name.startswith("~") and "orch" in name.lower()) or name.startswith("~-rch")


def torch(folder: Folder) -> dict[str, Any]:
    """A torch as its version.py and its metadata tell."""
    told = version_file(os.path.join(folder.path, "torch", "version.py"))
    own = next((one for one in folder.distributions if one.name == "torch"), None)
    return {
        "folder": os.path.join(folder.path, "torch"),
        "version": told.get("__version__"),
        "cuda": told.get("cuda"),
        "hip": told.get("hip"),
        "metadata": own.version if own else "",
        "installer": text(os.path.join(own.path, "INSTALLER"), 100).strip() if own else "",
        "requires_python": next(iter(own.headers("Requires-Python")), None) if own else None,
        "user_site": folder.path == site.getusersitepackages(),
    }


def version_file(path: str) -> dict[str, str]:
    """__version__, cuda and hip of a version.py; "" for None."""
    return {name: value for name, _, value in _VARIABLE.findall(text(path, LONGEST_HEADER))}


def builds(folders: Iterable[Folder]) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in folders:
        for name in BUILT:
            if name not in found and folder.holds(name, "version.py"):
                found[name] = version_file(os.path.join(folder.path, name, "version.py")).get("__version__", "")
    return {name: version for name, version in found.items() if version}


def unmet(found: dict[str, Distribution]) -> list[dict[str, str]]:
    """Pins of torch and its closest that what is installed does not meet."""
    pins = [
        (name, one.on, one.wants, found[one.on].version if one.on in found else "")
        for name in PINNED
        if name in found
        for one in found[name].requirements()
        if one.wants
    ]
    return [dict(zip(("distribution", "on", "wants", "has"), pin)) for pin in pins if not met(pin[2], pin[3])]


def conda_torch() -> str:
    matches = map(_CONDA_TORCH.match, names(os.path.join(sys.prefix, "conda-meta")))
    return next((match[1] for match in matches if match), "")


def pynvml(folders: Iterable[Folder]) -> str:
    for folder in folders:
        if folder.holds("pynvml", "__init__.py"):
            return "package"
        if folder.holds("pynvml.py"):
            return "module"
    return ""


def needs_pynvml(found: dict[str, Distribution]) -> list[str]:
    """Looked for only where the deprecated distribution is installed: it takes reading every METADATA."""
    if "pynvml" not in found:
        return []
    return sorted(one.name for one in found.values() if any(asked.on == "pynvml" for asked in one.requirements()))


def openmp(folders: Iterable[Folder]) -> list[str]:
    """One library of each make, the environment's own first. Makes, not copies, get in each other's way."""
    places = [os.path.join(sys.prefix, "lib")]
    for folder in folders:
        places += [os.path.join(folder.path, name) for name in folder.names if name.endswith(".libs")]
        places.append(os.path.join(folder.path, "torch", "lib"))
    makes: dict[str, str] = {}
    for place in places:
        for name in names(place):
            match = OPENMP.match(name)
            if match:
                makes.setdefault(match[1], os.path.join(place, name))
    return list(makes.values())


def built_for(one: Distribution) -> str:
    """The torch that it was built for: its pin, or what its version says, as "+cu12torch2.6" or "+pt26cu124"."""
    pin = next((asked.wants[2:] for asked in one.requirements() if asked.on == "torch" and asked.wants), "")
    match = re.search(r"torch(\d+\.\d+)|pt(\d)(\d+)", one.version.partition("+")[2])
    if pin or match is None:
        return pin
    return match[1] or f"{match[2]}.{match[3]}"


def names(path: str) -> list[str]:
    """What lies in a folder; nothing where it cannot be listed."""
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def text(path: str, most: int) -> str:
    """The first bytes of a file; "" where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
