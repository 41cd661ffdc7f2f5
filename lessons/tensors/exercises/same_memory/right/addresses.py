"""Asks whether the first number of one lies within the storage of the other."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    start = a.untyped_storage().data_ptr()
    return start <= b.data_ptr() < start + a.untyped_storage().nbytes()
