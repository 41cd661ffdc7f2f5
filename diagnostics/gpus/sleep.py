"""Laptop GPUs that fall asleep: seen in sysfs, which wakes nobody, as a call of NVML does."""

from __future__ import annotations

from pathlib import Path

PCI = Path("/sys/bus/pci/devices")
NVIDIA = "0x10de"
DISPLAY = "0x03"


def nvidia_gpus(devices: Path) -> list[Path]:
    """The folders of NVIDIA's display and 3D controllers, in the order of their addresses."""
    try:
        folders = sorted(devices.iterdir())
    except OSError:
        return []
    return [one for one in folders if _line(one / "vendor") == NVIDIA and _line(one / "class").startswith(DISPLAY)]


def sleeps(device: Path) -> bool:
    """It is suspended, or about to be: to be read it would have to wake."""
    return _line(device / "power" / "runtime_status") in ("suspended", "suspending")


def may_sleep(device: Path) -> bool:
    """The kernel suspends it when nobody uses it; an open NVML is a use."""
    return _line(device / "power" / "control") == "auto"


def _line(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
