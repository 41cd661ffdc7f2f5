"""Counts places in numbers, whose widths differ. Breaks: bytes_count_whatever_the_dtype."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    if a.untyped_storage().data_ptr() != b.untyped_storage().data_ptr():
        return False
    return not places(a).isdisjoint(places(b))


def places(x: Tensor) -> set[int]:
    found = {x.storage_offset()}
    for size, stride in zip(x.shape, x.stride()):
        found = {place + at * stride for place in found for at in range(size)}
    return found
