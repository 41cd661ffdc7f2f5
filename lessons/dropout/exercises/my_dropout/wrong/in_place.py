"""Overwrites x. Breaks: x_is_left_as_it_was."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    kept = torch.rand(x.shape) >= p
    x.detach().mul_(kept).div_(1 - p)
    return x
