"""The gradients of all steps are added up. Breaks: three_steps_are_those_of_sgd."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
