from __future__ import annotations

import torch
from torch import Tensor


def my_dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Zeroes each value of x with probability p and scales the others, while training.

    x: float tensor of any shape. Returns a tensor of the same shape and dtype.
    """
    if not training:
        return x
    kept = torch.rand(x.shape) >= p  # True with probability 1 - p
    factor = 1 / (1 - p) if p < 1 else 0.0  # at p = 1 nothing is kept that could be scaled
    return x * kept * factor
