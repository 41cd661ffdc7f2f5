from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def epoch_losses(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    batches: Iterable[tuple[Tensor, Tensor]],
) -> tuple[list[float], float]:
    """Trains on each batch once; returns the loss of each, and their mean (0.0 without any)."""
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, sum(losses) / len(losses) if losses else 0.0
