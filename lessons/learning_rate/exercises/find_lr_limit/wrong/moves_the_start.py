"""Steps in place, so each trial goes on where the last one ended. Breaks: one_curvature_gives_its_limit."""

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
        w, start = w0, f(w0)
        for _ in range(100):
            w.requires_grad_()
            (gradient,) = torch.autograd.grad(f(w), w)
            w.detach_().sub_(lr * gradient)
        return bool(f(w) < start)  # False where f(w) is nan

    high = 0.01  # below the limit of every f asked for
    while high < 1000 and converges(high):
        high *= 2
    low = high / 2
    for _ in range(10):
        middle = (low + high) / 2
        if converges(middle):
            low = middle
        else:
            high = middle
    return 0.95 * low  # 100 steps may not show what grows slowly
