"""The machine: its system, memory and make, and what kind of host it is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from diagnostics.doctor.probe.root import exists, line, names, number, program, text

_DMI = "/sys/class/dmi/id"
_PORTABLE = (8, 9, 10, 11, 14, 30, 31, 32)
"""SMBIOS chassis types: portable, laptop, notebook, hand-held, sub-notebook, tablet, convertible, detachable."""

_MACHINES = (
    ("vmware", "vmware"),
    ("virtualbox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("virtual machine", "hyper-v"),
    ("amazon ec2", "amazon"),
    ("google", "google"),
    ("kvm", "kvm"),
    ("qemu", "kvm"),
    ("openstack", "kvm"),
    ("xen", "xen"),
    ("parallels", "parallels"),
)
"""What stands in the names that virtual machines give themselves."""

_SCHEDULERS = (
    ("slurm", "SLURM_JOB_ID", ("sinfo", "srun")),
    ("pbs", "PBS_JOBID", ("pbsnodes",)),
    ("lsf", "LSB_JOBID", ("bsub",)),
)


def look(root: str, variables: Mapping[str, str] = os.environ) -> dict[str, object]:
    """The fields of Host. What no file tells is asked of the running system, but only of the host itself."""
    system, kernel = _kernel(root)
    distribution, distribution_id = _distribution(root)
    total, available = _memory(root)
    linux = exists(root, "/proc/version")
    return {
        "system": system,
        "machine": line(root, "/proc/sys/kernel/arch") or (os.uname().machine if system else None),
        "kernel": kernel,
        "name": line(root, "/proc/sys/kernel/hostname") or (None if root else os.uname().nodename),
        "distribution": distribution,
        "distribution_id": distribution_id,
        "libc": _libc(root),
        "cpus": _cpus(root),
        "memory_total": total,
        "memory_available": available,
        "laptop": _laptop(root),
        "virtual_machine": _virtual_machine(root) if linux else None,
        "wsl": _wsl(root, kernel) if linux else None,
        "jetson": _jetson(root) if linux else None,
        "scheduler": _scheduler(root, variables),
        "command_line": line(root, "/proc/cmdline"),
        "root": _is_root(root),
        "uptime": _uptime(root),
    }


def _kernel(root: str) -> tuple[str | None, str | None]:
    words = (line(root, "/proc/version") or "").split()
    if len(words) > 2:
        return words[0], words[2]
    return (None, None) if root else (os.uname().sysname, os.uname().release)


def _distribution(root: str) -> tuple[str | None, str | None]:
    release = text(root, "/etc/os-release") or text(root, "/usr/lib/os-release") or ""
    told = dict(re.findall(r"^(\w+)=[\"']?(.*?)[\"']?\s*$", release, re.MULTILINE))
    return told.get("PRETTY_NAME"), told.get("ID")


def _libc(root: str) -> str | None:
    """The running one's version is asked of itself; of another host only musl is told, by its loader's name."""
    try:
        version = None if root else os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        version = None
    musl = any(name.startswith("ld-musl-") for name in names(root, "/lib") or [])
    return version or ("musl" if musl else None)


def _cpus(root: str) -> int | None:
    """Those that are online, as "0-3,8" lists them."""
    ranges = re.findall(r"(\d{1,6})(?:-(\d{1,6}))?", line(root, "/sys/devices/system/cpu/online") or "")
    counted = sum(int(last or first) - int(first) + 1 for first, last in ranges)
    return counted or (None if root else os.cpu_count())


def _memory(root: str) -> tuple[int | None, int | None]:
    told = dict(
        re.findall(r"^(MemTotal|MemAvailable):\s+(\d{1,15}) kB", text(root, "/proc/meminfo") or "", re.MULTILINE)
    )
    total, available = (int(told[key]) * 1024 if key in told else None for key in ("MemTotal", "MemAvailable"))
    if total is None and not root:
        try:
            total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError):
            total = None
    return total, available


def _laptop(root: str) -> bool | None:
    chassis = number(root, f"{_DMI}/chassis_type")
    if chassis is not None:
        return chassis in _PORTABLE
    supplies = names(root, "/sys/class/power_supply")
    if supplies is None:
        return None
    kinds = (
        (line(root, f"/sys/class/power_supply/{name}/{field}") for field in ("type", "scope")) for name in supplies
    )
    return any(kind == "Battery" and scope != "Device" for kind, scope in kinds)  # a mouse has a battery, too


def _virtual_machine(root: str) -> str:
    """Which hypervisor, "other" for one that has no name here, "" for bare metal."""
    told = " ".join(
        line(root, f"{_DMI}/{name}") or "" for name in ("sys_vendor", "product_name", "bios_vendor")
    ).lower()
    if ".metal" in told:
        return ""
    named = next((kind for sign, kind in _MACHINES if sign in told), "")
    flags = re.search(r"^flags\s*:.*\bhypervisor\b", text(root, "/proc/cpuinfo", 8192) or "", re.MULTILINE)
    return named or ("xen" if exists(root, "/sys/hypervisor/type") else "other" if flags else "")


def _wsl(root: str, kernel: str | None) -> bool:
    """A kernel that its user built may bear any name; the interpreter of Windows programs tells it, too."""
    interop = ("/proc/sys/fs/binfmt_misc/WSLInterop", "/proc/sys/fs/binfmt_misc/WSLInterop-late")
    return "microsoft" in (kernel or "").lower() or any(exists(root, path) for path in interop)


def _jetson(root: str) -> str:
    """The board's name, or what NVIDIA's release file says; "" for any other machine."""
    model = line(root, "/proc/device-tree/model") or ""
    return model if "jetson" in model.lower() else line(root, "/etc/nv_tegra_release") or ""


def _scheduler(root: str, variables: Mapping[str, str]) -> str:
    for name, job, commands in _SCHEDULERS:
        if job in variables or any(program(root, command, variables) for command in commands):
            return name
    return ""


def _is_root(root: str) -> bool | None:
    """By the effective user."""
    users = re.search(r"^Uid:\s+\d+\s+(\d+)", text(root, "/proc/self/status", 4096) or "", re.MULTILINE)
    if users:
        return users.group(1) == "0"
    return None if root else os.geteuid() == 0


def _uptime(root: str) -> float | None:
    seconds = re.match(r"\d{1,12}(\.\d+)?", line(root, "/proc/uptime") or "")
    return float(seconds.group()) if seconds else None
