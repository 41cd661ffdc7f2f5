from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def mean_of_parts(parts: Iterable[Tensor]) -> float:
    """The mean of all values of all parts.

    parts: float16 tensors of any shapes, at least one.
    """
    total = 0.0  # Python's own numbers have 64 bits
    count = 0
    for part in parts:
        total += part.sum(dtype=torch.float32).item()
        count += part.numel()
    return total / count
