"""Writes to one and looks at the other. Breaks: both_are_left_as_they_were."""

from __future__ import annotations

import torch
from torch import Tensor


def same_memory(a: Tensor, b: Tensor) -> bool:
    before = b.clone()
    a.add_(1)
    return not torch.equal(b, before)
