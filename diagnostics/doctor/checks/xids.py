"""Xids: the faults of a GPU that the driver writes to the kernel's log, told apart by whose fault they are."""

from __future__ import annotations

from diagnostics.doctor.checks.views import place
from diagnostics.doctor.facts import Facts, Gpu, Xid
from diagnostics.text import clean

MEANINGS = {
    13: ("note", "a program's error: an exception in a kernel, as of an index out of range"),
    31: ("note", "a program's error: it read or wrote memory that is not mapped"),
    32: ("note", "a program's or the driver's error: a command it could not read"),
    43: ("note", "a program's error: its channel was stopped, and the GPU is well"),
    45: ("note", "a program was ended, and its work cleared away"),
    68: ("note", "a video program's error"),
    69: ("note", "a program's error: an exception in a graphics engine"),
    63: ("note", "faulty memory was recorded, to be replaced"),
    154: ("note", "the driver told how to recover from another fault"),
    48: ("warn", "a memory error that could not be corrected"),
    61: ("warn", "the GPU's own controller stopped"),
    62: ("warn", "the GPU's own controller halted"),
    64: ("warn", "faulty memory could not be recorded for replacement"),
    74: ("warn", "an error on NVLink"),
    79: ("warn", "the GPU fell off the bus"),
    92: ("warn", "memory errors, corrected, come often"),
    94: ("warn", "a memory error that was contained: the program on it died"),
    95: ("warn", "a memory error that was not contained: the GPU must be reset"),
    119: ("warn", "the GPU's system processor (GSP) did not answer"),
    120: ("warn", "the GPU's system processor (GSP) failed"),
    140: ("warn", "a memory error that could not be corrected"),
    144: ("warn", "an error on NVLink"),
    145: ("warn", "an error on NVLink"),
    146: ("warn", "an error on NVLink"),
    147: ("warn", "an error on NVLink"),
    148: ("warn", "an error on NVLink"),
    149: ("warn", "an error on NVLink"),
    150: ("warn", "an error on NVLink"),
}
"""Status and meaning (docs.nvidia.com/deploy/xid-errors). A code that is not here is told and not judged."""


def xids_on(facts: Facts, gpu: Gpu, code: int) -> list[str]:
    """The log's lines of this Xid on this GPU."""
    xids = (facts.kernel_log.xids if facts.kernel_log else None) or []
    where = place(gpu.pci)
    return [_told(one) for one in xids if one.code == code and where and place(one.pci) == where]


def _told(xid: Xid) -> str:
    return f"Xid {xid.code} in the kernel's log" + (f": {clean(xid.text, 120)}" if xid.text else "")
