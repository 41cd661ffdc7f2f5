"""The loss is computed anew after the step. Breaks: the_number_is_the_loss_before_the_step."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    cross_entropy(model(x), y).backward()
    optimizer.step()
    return cross_entropy(model(x), y).item()
