"""A smaller last part counts as much as a full one. Breaks: unequal_parts_do_too."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    optimizer.zero_grad()
    parts = list(zip(x.split(size), y.split(size)))
    total = 0.0
    for inputs, targets in parts:
        loss = cross_entropy(model(inputs), targets) / len(parts)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
