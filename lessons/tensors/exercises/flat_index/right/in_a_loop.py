"""In a loop, from the last axis to the first."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    place = x.storage_offset()
    for axis in reversed(range(x.dim())):
        place += index[axis] * x.stride(axis)
    return place
