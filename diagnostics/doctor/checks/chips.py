"""A GPU's generation by its PCI device id, which tells it before any driver runs (pci-ids.ucw.cz, vendor 10de)."""

from __future__ import annotations

from collections.abc import Iterable

from diagnostics.doctor import compatibility
from diagnostics.doctor.facts import PciDevice

TURING = 0x1E00
"""Ids from here are Turing or newer, which the open kernel module drives."""
BLACKWELL = 0x2900
"""Ids from here are Blackwell or newer, which the open module alone drives."""
OLDER = (
    (0x0FC0, 0x103F, (3, 5)),
    (0x1180, 0x11FF, (3, 0)),
    (0x1280, 0x12FF, (3, 5)),
    (0x1340, 0x15EF, (5, 2)),
    (0x15F0, 0x15FF, (6, 0)),
    (0x1600, 0x17FF, (5, 2)),
    (0x1B00, 0x1D7F, (6, 1)),
    (0x1D80, 0x1DFF, (7, 0)),
)
"""Ids from, to, and the compute capability of a GPU of that generation: Kepler, Maxwell, Pascal, Volta."""


def chip(device: PciDevice) -> int:
    """The PCI device id as a number; 0 where it is none."""
    try:
        return int(device.device, 16)
    except ValueError:
        return 0


def before_turing(device: PciDevice) -> bool:
    """Whether the open kernel module is not for it."""
    return 0 < chip(device) < TURING


def last_branch(devices: Iterable[PciDevice]) -> int | None:
    """The last branch of the driver that runs all of these; None where newer ones do, or where that is not known."""
    found = [
        compatibility.last_branch(capability)
        for one in devices
        for first, last, capability in OLDER
        if first <= chip(one) <= last
    ]
    return min((branch for branch in found if branch), default=None)
