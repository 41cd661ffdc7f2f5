"""The PCI devices that compute or draw, and NVIDIA's switches between GPUs.

A sleeping laptop GPU is left asleep: its class and vendor stand in the kernel's memory, but the link's width is read
from the device itself and wakes it.
"""

from __future__ import annotations

import os

from diagnostics.doctor.probe.root import line, link, names, number

_DEVICES = "/sys/bus/pci/devices"
_DISPLAY, _ACCELERATOR, _SWITCH = "03", "1200", "0680"
_NVIDIA = "10de"
_WIDTHS = (1, 2, 4, 8, 12, 16, 32)
"""A device that is gone answers with all bits set, which reads as a width of 63; a virtual one with 0."""


def look(root: str) -> list[dict[str, object]] | None:
    """Those that the kernel lists, by address; None where there is no such list."""
    addresses = names(root, _DEVICES)
    if addresses is None:
        return None
    seen = (_device(root, address) for address in addresses)
    return [device for device in seen if device is not None]


def _device(root: str, address: str) -> dict[str, object] | None:
    folder = f"{_DEVICES}/{address}"
    kind = _hexadecimal(line(root, f"{folder}/class"))[:4]
    if not kind.startswith(_DISPLAY) and kind not in (_ACCELERATOR, _SWITCH):
        return None
    vendor = _hexadecimal(line(root, f"{folder}/vendor"))
    if kind == _SWITCH and vendor != _NVIDIA:
        return None
    status = line(root, f"{folder}/power/runtime_status")
    awake = status not in ("suspended", "suspending")
    return {
        "address": address,
        "vendor": vendor,
        "device": _hexadecimal(line(root, f"{folder}/device")),
        "device_class": kind,
        "driver": os.path.basename(link(root, f"{folder}/driver") or ""),
        "runtime_status": status,
        "link_width": _width(root, f"{folder}/current_link_width") if awake else None,
        "link_width_max": _width(root, f"{folder}/max_link_width") if awake else None,
    }


def _hexadecimal(written: str | None) -> str:
    """ "0x10de" to "10de"."""
    digits = (written or "").lower()
    return digits[2:] if digits.startswith("0x") else digits


def _width(root: str, path: str) -> int | None:
    lanes = number(root, path)
    return lanes if lanes in _WIDTHS else None
