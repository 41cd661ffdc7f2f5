"""Counts by the shape, as if every tensor were contiguous. Breaks: a_transposed_tensor_is_read_by_its_strides."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    place = 0
    for at, size in zip(index, x.shape):
        place = place * size + at
    return x.storage_offset() + place
