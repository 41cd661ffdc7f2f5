"""Starts the search high, and takes nan for converging. Breaks: one_curvature_gives_its_limit."""

from __future__ import annotations

from collections.abc import Callable

import torch


def find_lr_limit(f: Callable, w0: torch.Tensor) -> float:
    """An lr of 0.9 to 1 times the limit of SGD on f.

    f: a bowl; f(w) is a tensor of no axis. w0: where SGD
    starts, a tensor of one axis.
    """

    def converges(lr: float) -> bool:
        """Whether f is lower after 100 steps from w0."""
        w = w0.clone()
        for _ in range(100):
            w = w.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(f(w), w)
            w = w - lr * gradient
        return not f(w) > f(w0)

    low, high = 0.0, 1e6
    for _ in range(40):
        middle = (low + high) / 2
        if converges(middle):
            low = middle
        else:
            high = middle
    return 0.95 * low  # 100 steps may not show what grows slowly
