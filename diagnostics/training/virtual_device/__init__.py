"""A CUDA of our own, without a GPU: tensors compute on the CPU and carry the device that the script asked for.

Mixing follows CUDA's rules, from torch's operator definitions. Not modelled: memory, what streams overlap, NCCL,
custom CUDA kernels, and what CUDA's kernels refuse by dtype.
"""

from __future__ import annotations

from .device import VirtualDevice
from .internals import NotThisTorch
from .mismatch import DeviceMismatch, Mismatch, Operand
from .tables import NoRules
from .tags import Birth, birth, device_of

__all__ = [
    "Birth",
    "DeviceMismatch",
    "Mismatch",
    "NoRules",
    "NotThisTorch",
    "Operand",
    "VirtualDevice",
    "birth",
    "device_of",
]
