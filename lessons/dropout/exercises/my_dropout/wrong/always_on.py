"""The mode is ignored. Breaks: evaluation_changes_nothing."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if p == 1:
        return torch.zeros_like(x)
    return x * (torch.rand(x.shape) >= p) / (1 - p)
