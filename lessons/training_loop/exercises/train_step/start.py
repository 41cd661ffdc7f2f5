import torch
from torch import Tensor, nn


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    """Makes one step on the inputs x and their classes y, (N,) int64; the loss before it."""
    ...
