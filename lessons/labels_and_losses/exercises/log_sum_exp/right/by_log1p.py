"""Sorted, so that the largest is the first: log1p of what the others add to it."""

import torch
from torch import Tensor


def log_sum_exp(x: Tensor) -> Tensor:
    ordered = x.sort(dim=-1, descending=True).values
    first = ordered[..., 0]
    return first + torch.log1p((ordered[..., 1:] - first.unsqueeze(-1)).exp().sum(dim=-1))
