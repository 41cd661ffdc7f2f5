"""Counts bytes. Breaks: it_gives_a_whole_number."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    place = x.storage_offset() + sum(at * step for at, step in zip(index, x.stride()))
    return place * x.element_size()
