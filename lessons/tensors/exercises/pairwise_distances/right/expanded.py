"""With expand, and coordinates first."""

from __future__ import annotations

from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    n, m, d = a.shape[0], b.shape[0], a.shape[1]
    left = a.T.reshape(d, n, 1).expand(d, n, m)
    right = b.T.reshape(d, 1, m).expand(d, n, m)
    return ((left - right) ** 2).sum(0) ** 0.5
