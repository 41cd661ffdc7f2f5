"""Stays in the dtype of w. Breaks: float32_weights_are_checked_in_float64."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor


def gradcheck(f: Callable, w: Tensor) -> bool:
    """Whether autograd's gradient of f at w is right.

    f(w) is a tensor of no axis; w has any shape, and any
    float dtype.
    """
    w = w.detach().clone()
    h = 1e-6
    near = 1e-5, 1e-5  # relative, absolute
    slopes = torch.zeros_like(w)
    for place in product(*map(range, w.shape)):
        move = torch.zeros_like(w)
        move[place] = h
        slopes[place] = (f(w + move) - f(w - move)) / (2 * h)
    w.requires_grad_()
    (gradient,) = torch.autograd.grad(f(w), w)
    return torch.allclose(slopes, gradient, *near)
