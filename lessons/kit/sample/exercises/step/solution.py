"""One step of gradient descent."""

import torch


def step(w: torch.Tensor, gradient: torch.Tensor, lr: float) -> torch.Tensor:
    """`w` moved against the gradient, by `lr` times as much: a new tensor of the same shape."""
    return w - lr * gradient
