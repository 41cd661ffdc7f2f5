"""The place of a number in the storage of its tensor."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    """The place in x's storage where x[index] is stored. `index`: one whole number from 0 up for each axis of x."""
    return ...  # fill in: x has any number of axes, and may begin anywhere in its storage
