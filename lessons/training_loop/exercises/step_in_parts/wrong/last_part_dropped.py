"""Samples that make no full part are left out. Breaks: unequal_parts_do_too."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    optimizer.zero_grad()
    total = 0.0
    count = max(1, len(x) // size)
    for k in range(count):
        inputs, targets = x[k * size : (k + 1) * size], y[k * size : (k + 1) * size]
        loss = cross_entropy(model(inputs), targets) / count
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
