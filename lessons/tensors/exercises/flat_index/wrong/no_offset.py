"""Forgets where the tensor begins. Breaks: a_part_begins_later."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    return sum(at * step for at, step in zip(index, x.stride()))
