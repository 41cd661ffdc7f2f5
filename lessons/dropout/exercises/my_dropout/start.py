from __future__ import annotations

import torch
from torch import Tensor


def my_dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Zeroes each value of x with probability p and scales the others, while training.

    x: float tensor of any shape. Returns a tensor of the same shape and dtype.
    """
    if not training:
        return x
    kept = torch.ones(x.shape, dtype=torch.bool)  # True where a value stays: now everywhere
    factor = ...  # of every value that is kept
    return x * kept * factor
