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
            gradient = ...
            w = w - lr * gradient
        return ...

    high = 0.01  # below the limit of every f asked for
    while high < 1000 and converges(high):
        high *= 2
    low = high / 2
    for _ in range(10):
        middle = (low + high) / 2
        if converges(middle):
            low = ...
        else:
            high = ...
    return low
