"""Asks whether the numbers are equal. Breaks: a_copy_does_not_share."""

from __future__ import annotations

import torch
from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b)
