"""Adds up the differences without their squares. Breaks: the_example_comes_out."""

from __future__ import annotations

from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor) -> Tensor:
    return (a[:, None] - b[None]).abs().sum(dim=-1)
