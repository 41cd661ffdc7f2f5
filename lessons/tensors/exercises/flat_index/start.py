"""The place of a number in the storage of its tensor."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    """The place in x's storage where x[index] is stored. `index`: one whole number from 0 up for each axis of x."""
    axes = zip(index, x.stride())
    return x.storage_offset() + sum(... for at, step in axes)  # fill in: how far does an axis lead?
