"""No gradient is taken for a gradient of 0, and v goes on. Breaks: without_a_gradient_nothing_moves."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, zeros_like


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
        self.v = [zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Moves each parameter that has a gradient."""
        for w, v in zip(self.parameters, self.v):
            gradient = zeros_like(w) if w.grad is None else w.grad
            gradient = gradient + self.weight_decay * w
            v.mul_(self.momentum).add_(gradient)
            w.sub_(self.lr * v)
