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
    losses, outputs = [], []
    total = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        output = model(x)
        loss = loss_fn(output, y)
        loss.backward()
        optimizer.step()
        outputs.append(output)
        losses.append(loss)
        total = total + loss
    return losses, total / len(losses)
