"""Which driver runs which CUDA, which code runs on which GPU, and which wheel fits: rules without a machine.

None is "not known", and never means no. Versions are text as they are met: "550.54.14", "12.6", "2.13.0+cu126".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from diagnostics.doctor import tables

Capability = tuple[int, int]

_ARCH = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)$")
_RELEASED = re.compile(r"\d+\.\d+(\.\d+)?(\.post\d+)?(\+(cpu|xpu|cu\d+|rocm[\d.]+))?$")
_RELEASE = re.compile(r"(\d+)\.(\d+)\.\d+\+(cu\d+)$")


def numbers(version: str | None) -> tuple[int, ...]:
    """The numbers that a version begins with: (2, 13, 0) of "2.13.0+cu126"; empty where there are none."""
    found = re.match(r"\d+(\.\d+)*", version or "")
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def minor(version: str | None) -> tuple[int, int] | None:
    """Major and minor number."""
    found = numbers(version)
    return (found[0], found[1]) if len(found) > 1 else None


def build(version: str | None) -> str:
    """The tag of a wheel: "cu126" of "2.13.0+cu126"; "" where it has none."""
    return (version or "").partition("+")[2]


def tag_cuda(tag: str) -> str:
    """The CUDA version of a tag: "12.6" of "cu126"; "" where it is of no CUDA."""
    found = re.fullmatch(r"cu(\d+)(\d)", tag)
    return f"{found[1]}.{found[2]}" if found else ""


# ---- drivers


def driver_needed(cuda: str) -> str | None:
    """The oldest driver that runs programs built for this CUDA: its major version decides alone."""
    found = numbers(cuda)
    return tables.DRIVER_FOR_FAMILY.get(found[0]) if found else None


def driver_runs(driver: str, cuda: str) -> bool | None:
    """Whether programs built for this CUDA run on the driver: any minor version of a family runs on its drivers."""
    have, need = numbers(driver), numbers(driver_needed(cuda))
    return have >= need if have and need else None


def driver_compiles(driver_cuda: int, cuda: str) -> bool | None:
    """Whether the driver (its CUDA as 12040) compiles the PTX that this CUDA wrote: here the minor version counts."""
    found = minor(cuda)
    return driver_cuda >= found[0] * 1000 + found[1] * 10 if found and driver_cuda else None


def cuda_text(number: int) -> str:
    """A version as CUDA tells it, 12040, as people write it: "12.4"."""
    return f"{number // 1000}.{number % 1000 // 10}"


# ---- code


def runs(arch: str, capability: Capability) -> bool:
    """Whether code of a name such as "sm_86" runs on the GPU as it is, without being compiled there."""
    found = _ARCH.fullmatch(arch)
    if not found or found[1] != "sm":
        return False
    major, least = int(found[2]), int(found[3])
    code, gpu = 10 * major + least, 10 * capability[0] + capability[1]
    if found[4] == "a" or code in tables.JETSON_CODE or gpu in tables.JETSON_CODE:
        return code == gpu
    if tables.RENAMED[0] in (code, gpu):
        return (code, gpu) in ((tables.RENAMED[0], tables.RENAMED[0]), tables.RENAMED)
    return major == capability[0] and least <= capability[1]


def compiles_for(arch: str, capability: Capability) -> bool:
    """Whether it is PTX that a driver can compile for the GPU; "compute_90a" and "compute_100f" are for few others."""
    found = _ARCH.fullmatch(arch)
    if not found or found[1] != "compute" or found[4]:
        return False
    return (int(found[2]), int(found[3])) <= capability


def has_code(archs: Iterable[str], capability: Capability) -> bool:
    return any(runs(arch, capability) for arch in archs)


def has_ptx(archs: Iterable[str], capability: Capability) -> bool:
    return any(compiles_for(arch, capability) for arch in archs)


def wheel_code(version: str, machine: str) -> list[str] | None:
    """What the official wheel of a release for Linux, "2.13.0+cu126", was compiled for; None where it is not known."""
    found = _RELEASE.fullmatch(version)
    if not found:
        return None
    release, tag = (int(found[1]), int(found[2])), found[3]
    for first, last, of, on, codes in tables.WHEEL_CODE:
        if first <= release <= last and (of, on) == (tag, machine):
            return [_arch(code) for code in codes]
    return None


def _arch(code: str) -> str:
    return f"compute_{code.removesuffix('+PTX')}" if code.endswith("+PTX") else f"sm_{code}"


def architecture(capability: Capability) -> str:
    """NVIDIA's name of it and the number: "Ada, 8.9"."""
    name, number = tables.ARCHITECTURES.get(capability, ""), f"{capability[0]}.{capability[1]}"
    return f"{name}, {number}" if name else f"compute capability {number}"


def last_branch(capability: Capability) -> int | None:
    """The last branch of the driver for this GPU, such as 470 for Kepler; None where newer branches still run it."""
    return tables.LAST_BRANCH.get(tables.ARCHITECTURES.get(capability, ""))


# ---- advice


@dataclass(frozen=True)
class Wheel:
    """A folder of torch's own wheels: `tag` as "cu126", `cuda` as "12.6"; `torch`: what pip is asked for."""

    tag: str
    torch: str = "torch"

    @property
    def cuda(self) -> str:
        return tag_cuda(self.tag)

    @property
    def index(self) -> str:
        return tables.INDEX + self.tag


def wheel_for(
    capabilities: Sequence[Capability], driver: str = "", machine: str = "x86_64", python: str = "", glibc: str = ""
) -> Wheel | None:
    """The wheel with code for all these GPUs that runs there; "" for what is not known or can be chosen. None: none."""
    for offer in tables.OFFERS:
        archs = [_arch(code) for code in offer.codes]
        (oldest, newest), libc = offer.pythons, numbers(glibc)
        fits = offer.machine == machine and all(has_code(archs, one) for one in capabilities)
        loads = oldest <= (minor(python) or oldest) <= newest and (not libc or libc >= numbers(offer.glibc))
        if fits and loads and (not driver or driver_runs(driver, tag_cuda(offer.tag))):
            return Wheel(offer.tag, offer.torch)
    return None


def has_build(version: str, tag: str, machine: str, capabilities: Sequence[Capability]) -> bool:
    """Whether this release of torch, "2.9.1+cu130", is known to have a build of the tag with code for these GPUs."""
    archs = wheel_code(f"{version.partition('+')[0]}+{tag}", machine)
    return archs is not None and all(has_code(archs, one) for one in capabilities)


# ---- packages


def released(version: str) -> bool:
    """Whether it is a release of torch or its kin: what others build, as NVIDIA's containers have, pairs otherwise."""
    return _RELEASED.match(version) is not None


def builds_clash(one: str, other: str) -> bool:
    """Whether two wheels are for the CPU and for CUDA, for CUDA of two families, or for two makes of GPU."""
    kinds = {_kind(build(version)) for version in (one, other)}
    return "" not in kinds and len(kinds) > 1


def _kind(tag: str) -> str:
    """ "cpu", "xpu", "rocm", or CUDA's family as "12"; "" where the tag does not say."""
    cuda = tag_cuda(tag)
    if cuda:
        return cuda.partition(".")[0]
    return next((kind for kind in ("cpu", "xpu", "rocm") if tag.startswith(kind)), "")


def vision_fits(torch: str, vision: str) -> bool | None:
    """Whether this torchvision was built for this torch, by major and minor number."""
    return _fits(torch, vision, tables.VISION_OPEN, tables.VISION_FOR_TORCH)


def audio_fits(torch: str, audio: str) -> bool | None:
    """The same for torchaudio."""
    same = {release: release for release in tables.VISION_FOR_TORCH if (2, 0) <= release < tables.AUDIO_OPEN[1]}
    return _fits(torch, audio, tables.AUDIO_OPEN, same)


def _fits(
    torch: str,
    kin: str,
    opened: tuple[tuple[int, ...], tuple[int, int]],
    pairs: dict[tuple[int, int], tuple[int, int]],
) -> bool | None:
    """`opened`: from which version on it goes with every torch from which version on."""
    release, other = minor(torch), numbers(kin)
    if release is None or len(other) < 2 or not (released(torch) and released(kin)):
        return None
    if other >= opened[0]:
        return release >= opened[1]
    if release in pairs:
        return other[:2] == pairs[release]
    return False if other[:2] in pairs.values() else None


def numpy_fits(torch: str, numpy: str) -> bool | None:
    """Whether this torch was built for this NumPy's major version, on Linux."""
    release, found = minor(torch), numbers(numpy)
    return release >= tables.NUMPY_2 or found[0] < 2 if release and found else None


def torch_range(python: str, *, free_threaded: bool = False) -> tuple[str, str] | None:
    """The first and last torch for a CPython, "3.12.3"; None where the tables have none."""
    found = minor(python)
    table = tables.FREE_THREADED if free_threaded else tables.TORCH_FOR_PYTHON
    return table.get(found) if found else None
