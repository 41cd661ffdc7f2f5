"""Asks whether they are one Python object. Breaks: a_view_shares."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    return a is b
