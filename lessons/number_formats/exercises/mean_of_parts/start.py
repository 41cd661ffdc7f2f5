from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor


def mean_of_parts(parts: Iterable[Tensor]) -> float:
    """The mean of all values of all parts.

    parts: float16 tensors of any shapes, at least one.
    """
    total = ...
    count = ...
    for part in parts:
        total += ...
        count += part.numel()
    return ...
