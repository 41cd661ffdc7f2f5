"""Only the last part's gradient is left. Breaks: equal_parts_make_the_step_of_the_whole."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    total = 0.0
    for inputs, targets in zip(x.split(size), y.split(size)):
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets) * len(inputs) / len(x)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
