"""Compares where numbers begin, and not how wide they are. Breaks: bytes_count_whatever_the_dtype."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    return not starts(a).isdisjoint(starts(b))


def starts(x: Tensor) -> set[int]:
    found = {x.data_ptr()}
    for size, stride in zip(x.shape, x.stride()):
        found = {start + at * stride * x.element_size() for start in found for at in range(size)}
    return found
