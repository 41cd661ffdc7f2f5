"""v begins as the first gradient itself, not as a copy. Breaks: gradients_are_only_read."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


class MySGD:
    """SGD with momentum and weight decay, as in torch."""

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.v = [None] * len(self.parameters)

    @torch.no_grad()
    def step(self) -> None:
        """Moves each parameter that has a gradient."""
        for k, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            gradient = w.grad + self.weight_decay * w if self.weight_decay else w.grad
            v = self.v[k] = gradient if self.v[k] is None else self.momentum * self.v[k] + gradient
            w.sub_(self.lr * v)
