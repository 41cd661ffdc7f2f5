"""The gradient is cleared before it is used. Breaks: one_step_is_that_of_sgd."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()
