import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    """Makes one step on the inputs x and their classes y, (N,) int64; the loss before it."""
    optimizer.zero_grad()
    logits = model(x)  # (N, C)
    loss = cross_entropy(logits, y)
    loss.backward()
    optimizer.step()
    return loss.item()
