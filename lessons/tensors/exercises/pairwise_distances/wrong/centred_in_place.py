"""Moves all points to the middle of a first, a in place. Breaks: a_and_b_are_left_as_they_were."""

from __future__ import annotations

from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    if len(a):
        middle = a.mean(dim=0)
        b = b - middle
        a -= middle
    return (a[:, None] - b[None]).square().sum(dim=-1).sqrt()
