"""Divides by 0 at p = 1. Breaks: the_ends_of_p_work."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x
    return x * (torch.rand(x.shape) >= p) / (1 - p)
