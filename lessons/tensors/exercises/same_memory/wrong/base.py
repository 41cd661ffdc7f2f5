"""Asks whether one was made of the other. Breaks: two_parts_of_one_tensor_share."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    return a is b or a._base is b or b._base is a
