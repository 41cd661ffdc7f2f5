"""detach() shares its memory, so the caller's own w is moved. Breaks: the_weights_stay_as_they_were."""

from itertools import product

import torch
from torch import Tensor


def gradcheck(f, w: Tensor) -> bool:
    leaf = w.detach().double().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(leaf), leaf)

    moved, h = w.detach().double(), 1e-6
    slopes = torch.zeros_like(moved)
    for place in product(*map(range, w.shape)):
        moved[place] += h
        above = f(moved)
        moved[place] -= 2 * h
        slopes[place] = (above - f(moved)) / (2 * h)
    return torch.allclose(slopes, gradient, rtol=1e-5, atol=1e-5)
