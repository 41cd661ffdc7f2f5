"""Asks whether the gradient still grows at the end, in place of the loss; the search is one of factors."""

import torch


def grows(f, w0, lr):
    w, sizes = w0.detach().double(), []
    for _ in range(120):
        (gradient,) = torch.autograd.grad(f(w.requires_grad_()), w)
        w = w.detach() - lr * gradient
        sizes.append(float(gradient.norm()))
    return not sizes[-1] <= max(sizes[-20], 1e-9 * sizes[0])  # below that, all is rounding; nan grows


def find_lr_limit(f, w0):
    low, factor = 1e-3, 4.0
    w0 = w0.clone()
    while factor > 1.005:
        while not grows(f, w0, low * factor):
            low *= factor
        factor = factor**0.5
    return 0.97 * low
