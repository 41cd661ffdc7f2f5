import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    """Makes the step of the whole batch x, y from parts of at most `size` samples; the mean loss before it."""
    total = 0.0
    for inputs, targets in zip(x.split(size), y.split(size)):
        loss = cross_entropy(model(inputs), targets)
        ...
        total += loss.item()
    optimizer.step()
    return total
