"""By vector_norm, and with unsqueeze."""

from __future__ import annotations

import torch
from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    return torch.linalg.vector_norm(a.unsqueeze(1) - b, dim=2)
