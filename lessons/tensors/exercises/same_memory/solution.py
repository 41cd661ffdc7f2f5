"""Whether two tensors share their memory."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    """Whether a and b have a byte in common. Any shapes and dtypes, on one device, not empty; both stay as they are."""
    return not _addresses(a).isdisjoint(_addresses(b))


def _addresses(x: Tensor) -> set[int]:
    """The address of every byte of every number of x."""
    found = {x.data_ptr()}
    for axis in range(x.dim()):
        step = x.stride(axis) * x.element_size()
        found = {start + at * step for start in found for at in range(x.shape[axis])}
    return {start + byte for start in found for byte in range(x.element_size())}
