"""The parts are not made at all. Breaks: the_model_sees_at_most_size_samples."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def step_in_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, size: int) -> float:
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
