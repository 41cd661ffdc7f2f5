"""Kernel modules of the NVIDIA driver: which are loaded, and which lie on disk for which kernel."""

from __future__ import annotations

import re

from diagnostics.doctor.probe.root import is_folder, line, names, text

_LOADED = ("nvidia", "nvidia_uvm", "nvidia_modeset", "nvidia_drm", "nvidia_peermem", "nouveau")
_FILE = re.compile(
    r"nvidia(-(current|legacy-\d+xx|tesla(-\d+)?|\d+))?(-open)?([-_](uvm|modeset|drm|peermem))?\.ko(\.(xz|zst|gz))?"
)
"""By the names of NVIDIA's installer, of Ubuntu and of Debian; the kernel's own nvidiafb and the like are not of it."""

_FOLDERS = (
    "updates",
    "updates/dkms",
    "extra",
    "extra/nvidia",
    "extra/nvidia-open",
    "extramodules",
    "misc",
    "weak-updates",
    "weak-updates/nvidia",
    "kernel/drivers/video",
    "kernel/drivers/video/nvidia",
)
"""Where installers and distributions put them, beside Ubuntu's kernel/nvidia-550: depmod's list may be missing."""

_LIST = 8 << 20
"""Bytes of modules.dep that are read: a distribution's has under one million."""

_DKMS = "/var/lib/dkms"


def loaded(root: str) -> list[str] | None:
    """Those of the driver, and nouveau, that the kernel runs."""
    listed = text(root, "/proc/modules", 1 << 20)
    present = [row.partition(" ")[0] for row in listed.splitlines()] if listed is not None else []
    present += names(root, "/sys/module") or []
    seen = listed is not None or is_folder(root, "/sys/module")
    return [name for name in _LOADED if name in present] if seen else None


def built_for(root: str, kernel: str | None) -> list[str] | None:
    """The driver's module files for a kernel; None where no kernel's modules can be seen, as in most containers."""
    if not kernel or "/" in kernel or not names(root, "/lib/modules"):
        return None
    folder = f"/lib/modules/{kernel}"
    listed = text(root, f"{folder}/modules.dep", _LIST) or ""
    files = {row.partition(":")[0] for row in listed.splitlines() if "nvidia" in row.partition(":")[0]}
    ubuntu = [f"kernel/{name}" for name in names(root, f"{folder}/kernel") or [] if name.startswith("nvidia")]
    for place in (*_FOLDERS, *ubuntu, *(f"{name}/bits" for name in ubuntu)):
        files.update(f"{place}/{name}" for name in names(root, f"{folder}/{place}") or [])
    mine = (f"{folder}/{path}" for path in files if _FILE.fullmatch(path.rpartition("/")[2]))
    return sorted(mine, key=lambda path: (len(path), path))  # nvidia.ko itself before those that build on it


def kernels(root: str) -> list[str]:
    """The installed kernels for which it is there."""
    return [kernel for kernel in (names(root, "/lib/modules") or [])[:20] if built_for(root, kernel)]


def failed_builds(root: str) -> list[str] | None:
    """Logs of DKMS builds of the driver that left no module for the kernel which they name."""
    trees = names(root, _DKMS)
    if trees is None:
        return None
    versions = [
        f"{_DKMS}/{tree}/{version}"
        for tree in trees
        if tree.startswith("nvidia")
        for version in names(root, f"{_DKMS}/{tree}") or []
    ]
    return [f"{folder}/build/make.log" for folder in versions if _failed(root, folder)]


def _failed(root: str, folder: str) -> bool:
    first = line(root, f"{folder}/build/make.log")
    if first is None:
        return False
    named = re.search(r"for kernel (\S+)", first)
    kernel = named.group(1) if named else line(root, "/proc/sys/kernel/osrelease") or ""
    built = f"{folder}/{kernel}"
    return not any(is_folder(root, f"{built}/{machine}/module") for machine in names(root, built) or [])
