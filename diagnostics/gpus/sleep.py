"""Laptop GPUs that fall asleep: seen in sysfs, which wakes nobody, as a call of NVML does."""

from __future__ import annotations

from pathlib import Path

PCI = Path("/sys/bus/pci/devices")
DRIVER = Path("/proc/driver/nvidia/gpus")
NVIDIA = "0x10de"
DISPLAY = "0x03"


def nvidia_gpus(devices: Path) -> list[Path]:
    """The folders of NVIDIA's display and 3D controllers, in the order of their addresses."""
    try:
        folders = sorted(devices.iterdir())
    except OSError:
        return []
    return [one for one in folders if _text(one / "vendor") == NVIDIA and _text(one / "class").startswith(DISPLAY)]


def sleeps(device: Path) -> bool:
    """It is suspended, or about to be: to be read it would have to wake."""
    return _text(device / "power" / "runtime_status") in ("suspended", "suspending")


def may_sleep(device: Path) -> bool:
    """The kernel and the driver let it sleep when nobody uses it, and an open NVML is a use."""
    if _text(device / "power" / "control") != "auto":
        return False
    states = _text(DRIVER / device.name / "power").splitlines()
    return any(line.startswith("Runtime D3 status:") and "Enabled" in line for line in states)


def _text(file: Path) -> str:
    """What stands in a small file; "" where it cannot be read."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
