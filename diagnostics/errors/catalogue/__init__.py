"""The catalogue: what is known of PyTorch's error messages, a module a category or two."""

from __future__ import annotations

from diagnostics.errors.catalogue import (
    amp,
    autograd,
    checkpoint,
    cuda_setup,
    dataloader,
    devices,
    distributed,
    dtypes,
    labels,
    memory,
    other,
    shapes,
)
from diagnostics.errors.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *amp.ENTRIES,
    *dataloader.ENTRIES,
    *labels.ENTRIES,
    *devices.ENTRIES,
    *dtypes.ENTRIES,
    *shapes.ENTRIES,
    *autograd.ENTRIES,
    *memory.ENTRIES,
    *checkpoint.ENTRIES,
    *distributed.ENTRIES,
    *cuda_setup.ENTRIES,
    *other.ENTRIES,
)
"""The first that fits a message is its explanation: the special before the general."""
