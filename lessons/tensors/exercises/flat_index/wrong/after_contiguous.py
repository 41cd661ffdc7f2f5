"""Makes a contiguous copy first, and counts in that. Breaks: a_part_begins_later."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    x = x.clone().contiguous()
    return x.storage_offset() + sum(at * step for at, step in zip(index, x.stride()))
