"""Cuts the graph. Breaks: the_gradient_takes_the_same_way."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    with torch.no_grad():
        return x * (torch.rand(x.shape) >= p) / (1 - p)
