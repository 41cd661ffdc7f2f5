"""Asks for one storage, which two parts have that never meet. Breaks: parts_without_a_common_number_do_not_share."""

from __future__ import annotations

from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
