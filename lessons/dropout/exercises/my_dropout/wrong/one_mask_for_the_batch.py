"""All samples of a batch share one mask. Breaks: each_value_is_drawn_for_on_its_own."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    return x * (torch.rand(x.shape[-1:]) >= p) / (1 - p)
