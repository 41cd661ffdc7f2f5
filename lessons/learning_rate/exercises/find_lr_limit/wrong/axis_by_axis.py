"""Looks along each axis on its own; a turned bowl is steeper between them. Breaks: turned_bowls_have_the_same_limit."""

import torch


def find_lr_limit(f, w0) -> float:
    hessian = torch.autograd.functional.hessian(f, w0.double())
    return 0.99 * 2 / hessian.diagonal().max().item()
