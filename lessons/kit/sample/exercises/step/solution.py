"""One step of gradient descent."""

from torch import Tensor


def step(w: Tensor, gradient: Tensor, lr: float) -> Tensor:
    """`w` moved against the gradient: a new tensor of its shape."""
    return w - lr * gradient
