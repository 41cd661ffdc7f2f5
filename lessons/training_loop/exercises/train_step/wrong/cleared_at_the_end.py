"""What was there before the first call counts. Breaks: old_gradients_do_not_count."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()
