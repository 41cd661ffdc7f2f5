"""Packages as pip lays them, with a torch that can be imported: it says, warns and fails as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.diagnostics.doctor import stub_torch
from tests.diagnostics.doctor.host_parts import CU126, CU130
from tests.diagnostics.doctor.roots import Tree

WHEELS: dict[str, tuple[str | None, list[str]]] = {"cu126": ("12.6", CU126), "cu130": ("13.0", CU130)}
"""Build -> its CUDA and the code in it."""

TORCH = """{base}
__version__ = {version!r}
version.cuda = {cuda!r}
_C._cuda_getArchFlags = staticmethod(lambda: {archs!r})
GPUS, WARNINGS, FAILS = {gpus!r}, {warnings!r}, {fails!r}

def is_available():
    for words in WARNINGS:
        warnings.warn(words)
    return bool(GPUS)

def properties(index):
    one = Properties()
    one.name, (one.major, one.minor), one.total_memory, one.uuid = GPUS[index]
    return one

def multiplied(device):
    if FAILS and device != "cpu":
        raise RuntimeError(FAILS)
    return PRODUCT

cuda.is_available = staticmethod(is_available)
cuda.device_count = staticmethod(lambda: len(GPUS))
cuda.get_device_properties = staticmethod(properties)
cuda.mem_get_info = staticmethod(lambda index: (GPUS[index][2] // 2, GPUS[index][2]))
"""


class Card(NamedTuple):
    """A GPU as torch sees it; `memory` in bytes, `uuid` without "GPU-" in front, as torch gives it."""

    name: str
    capability: tuple[int, int]
    memory: int
    uuid: str


def torch(
    version: str = "2.13.0+cu126",
    cards: Sequence[Card] = (),
    warnings: Sequence[str] = (),
    fails: str = "",
    more: str = "",
    source: str = "",
    built: tuple[str | None, list[str]] = (None, []),
) -> Tree:
    """torch of that build and its requirements. `fails`: what every matmul raises.

    `more`: code that comes after its own; `source`: code in its place; `built`: its CUDA and the code for GPUs in it,
    where the build's name does not say.
    """
    release, _, build = version.partition("+")
    cuda, archs = WHEELS.get(build, built)
    said = TORCH.format(
        base=stub_torch.WITH_GPUS,
        version=version,
        cuda=cuda,
        archs=" ".join(archs),
        gpus=[tuple(card) for card in cards],
        warnings=list(warnings),
        fails=fails,
    )
    pins = ("triton==3.7.1; platform_system == 'Linux'",) if cuda else ()
    return {
        "torch/__init__.py": source or f"{said}\n{more}\n",
        "torch/version.py": f"__version__ = {version!r}\ncuda = {cuda!r}\nhip = None\n",
        **distribution("torch", version, *pins),
        **(distribution("triton", "3.7.1") if cuda else {}),
        **distribution("numpy", "2.3.4"),
        **(vision(f"0.28.0+{build}", release) if build else {}),
    }


def vision(version: str, torch: str) -> Tree:
    """torchvision, and the torch that it was built for."""
    return {
        **distribution("torchvision", version, f"torch=={torch}"),
        "torchvision/version.py": f"__version__ = {version!r}\n",
    }


def distribution(name: str, version: str, *requires: str) -> Tree:
    """What pip records of a package."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    asked = "".join(f"Requires-Dist: {one}\n" for one in requires)
    return {
        f"{info}/METADATA": f"Name: {name}\nVersion: {version}\nRequires-Python: >=3.10\n{asked}",
        f"{info}/INSTALLER": "pip\n",
        f"{info}/RECORD": "",
    }
