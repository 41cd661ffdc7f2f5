"""Draws the same mask in every call. Breaks: every_call_draws_anew."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    torch.manual_seed(0)
    return x * (torch.rand(x.shape) >= p) / (1 - p)
