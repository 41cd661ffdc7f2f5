"""Asks torch for the address of every number, by indexing."""

from __future__ import annotations

from itertools import product

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    return bool(taken(a) & taken(b))


def taken(x: Tensor) -> set[int]:
    starts = [x[index].data_ptr() for index in product(*map(range, x.shape))]
    return {start + k for start in starts for k in range(x.element_size())}
