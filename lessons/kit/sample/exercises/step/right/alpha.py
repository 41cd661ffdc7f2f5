"""In one call of torch."""

import torch


def step(w, gradient, lr):
    return torch.sub(w, gradient, alpha=lr)
