"""NVIDIA's kernel side: the module that runs, those on disk for this kernel, and the services beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from diagnostics.doctor.probe.modules import built_for, failed_builds, kernels, loaded
from diagnostics.doctor.probe.root import data, exists, is_folder, line, names, number, program, text
from diagnostics.doctor.probe.services import runs, version_of

_VERSION = re.compile(r"\b\d{3,4}\.\d{1,4}(?:\.\d{1,4})?\b")
_SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/lib/modprobe.d", "/usr/lib/modprobe.d")
_NOUVEAU_OFF = re.compile(r"^\s*(blacklist\s+nouveau|install\s+nouveau\s+\S*/(false|true))\s*$", re.MULTILINE)
_NOUVEAU_OFF_AT_BOOT = re.compile(r"(^|[\s.])(modprobe\.|rd\.driver\.|module_)blacklist=(\S*,)?nouveau(,|\s|$)")
_PRIME = {"on": "nvidia", "off": "intel", "on-demand": "on-demand"}
"""What prime-select writes to its file -> what it calls that."""


def look(root: str, variables: Mapping[str, str] = os.environ) -> dict[str, object]:
    """The fields of Driver."""
    running = text(root, "/proc/driver/nvidia/version", 4096)
    mine = built_for(root, line(root, "/proc/sys/kernel/osrelease"))
    manager = _fabric_manager(root, variables)
    return {
        "loaded": _version(running) or line(root, "/sys/module/nvidia/version"),
        "open": "Open Kernel Module" in running if running else None,
        "modules": loaded(root),
        "module_files": mine,
        "other_kernels": kernels(root) if mine == [] else None,  # asked for no other reason, and slow to tell
        "dkms_failed": failed_builds(root),
        "secure_boot": _secure_boot(root),
        "blacklists_nouveau": _blacklists_nouveau(root),
        "uvm_hmm_disabled": _yes(line(root, "/sys/module/nvidia_uvm/parameters/uvm_disable_hmm")),
        "suspended_since_boot": _suspended(root),
        "nvswitches": _switches(root),
        "fabric_manager": manager,
        "fabric_manager_version": version_of(root, "nv-fabricmanager", variables) if manager else None,
        "persistenced": runs(root, "nvidia-persistenced") if is_folder(root, "/proc") else None,
        "prime": _prime(root),
        "smi": program(root, "nvidia-smi", variables),
    }


def _version(banner: str | None) -> str | None:
    """Of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 ...": the year comes after it."""
    found = _VERSION.search(banner or "")
    return found.group() if found else None


def _secure_boot(root: str) -> bool | None:
    """The last byte of the firmware's variable. A machine that was not booted by UEFI has no Secure Boot."""
    variable = data(root, _SECURE_BOOT, 16)
    if variable:
        return variable[-1] == 1
    return False if is_folder(root, "/sys/firmware") and not exists(root, "/sys/firmware/efi") else None


def _blacklists_nouveau(root: str) -> bool | None:
    if _NOUVEAU_OFF_AT_BOOT.search(line(root, "/proc/cmdline") or ""):
        return True
    folders = [folder for folder in _MODPROBE if is_folder(root, folder)]
    paths = [f"{folder}/{name}" for folder in folders for name in names(root, folder) or [] if name.endswith(".conf")]
    if any(_NOUVEAU_OFF.search(text(root, path) or "") for path in paths[:200]):
        return True
    return False if folders else None


def _yes(parameter: str | None) -> bool | None:
    """A module's parameter of type bool."""
    return None if parameter is None else parameter in ("Y", "1")


def _suspended(root: str) -> bool | None:
    times = number(root, "/sys/power/suspend_stats/success")
    return None if times is None else times > 0


def _switches(root: str) -> int | None:
    """NVSwitches that the driver knows, by its own list or by their nodes."""
    listed, nodes = names(root, "/proc/driver/nvidia-nvswitch/devices"), names(root, "/dev")
    if listed:
        return len(listed)
    return None if nodes is None else sum(bool(re.fullmatch(r"nvidia-nvswitch\d+", name)) for name in nodes)


def _fabric_manager(root: str, variables: Mapping[str, str]) -> str | None:
    if not is_folder(root, "/proc"):
        return None
    if runs(root, "nvidia-fabricmanager", "nv-fabricmanager"):
        return "running"
    return "stopped" if program(root, "nv-fabricmanager", variables) else ""


def _prime(root: str) -> str:
    chosen = line(root, "/etc/prime-discrete")
    return _PRIME.get(chosen or "", "")
