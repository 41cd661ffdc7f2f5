"""What survives is not scaled. Breaks: each_value_is_dropped_or_scaled."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x
    return x * (torch.rand(x.shape) >= p)
