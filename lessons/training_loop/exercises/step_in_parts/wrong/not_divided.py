"""The parts' gradients are added and never divided. Breaks: equal_parts_make_the_step_of_the_whole."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.split(size), y.split(size)):
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        total += loss.item() * len(inputs) / len(x)
    optimizer.step()
    return total
