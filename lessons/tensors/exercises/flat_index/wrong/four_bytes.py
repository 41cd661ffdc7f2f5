"""Takes every number for four bytes wide. Breaks: places_count_numbers_whatever_their_bytes."""

from __future__ import annotations

from torch import Tensor


def flat_index(x: Tensor, index: tuple[int, ...]) -> int:
    return (x[index].data_ptr() - x.untyped_storage().data_ptr()) // 4
