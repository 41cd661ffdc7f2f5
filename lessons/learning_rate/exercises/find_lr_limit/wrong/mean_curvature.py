"""Takes the mean of the curvatures for what decides. Breaks: the_largest_curvature_decides."""

import torch


def find_lr_limit(f, w0) -> float:
    hessian = torch.autograd.functional.hessian(f, w0.double())
    return 0.95 * 2 / hessian.diagonal().mean().item()
