"""Scales in evaluation instead, by 1 - p, as the first paper on dropout did. Breaks: evaluation_changes_nothing."""

from __future__ import annotations

import torch


def my_dropout(x, p, training):
    if not training:
        return x * (1 - p)
    return x * (torch.rand(x.shape) >= p)
