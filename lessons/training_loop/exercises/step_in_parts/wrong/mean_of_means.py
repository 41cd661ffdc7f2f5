"""The step is right, the number is the mean of the parts' means. Breaks: the_number_is_the_mean_of_the_batch."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    optimizer.zero_grad()
    losses = []
    for inputs, targets in zip(x.split(size), y.split(size)):
        loss = cross_entropy(model(inputs), targets)
        (loss * len(inputs) / len(x)).backward()
        losses.append(loss.item())
    optimizer.step()
    return sum(losses) / len(losses)
