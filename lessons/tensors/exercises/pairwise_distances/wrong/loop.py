"""Goes through the points in a loop. Breaks: more_points_take_no_more_calls."""

from __future__ import annotations

import torch
from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    out = torch.zeros(len(a), len(b), dtype=a.dtype)
    for i in range(len(a)):
        out[i] = (a[i] - b).square().sum(dim=-1).sqrt()
    return out
