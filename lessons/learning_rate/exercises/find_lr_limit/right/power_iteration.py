"""Measures λ itself: power iteration on Hessian-vector products."""

import torch


def find_lr_limit(f, w0):
    w = w0.detach().double().requires_grad_()
    (gradient,) = torch.autograd.grad(f(w), w, create_graph=True)
    v = torch.randn_like(w)
    for _ in range(60):
        v = v / v.norm()
        (v,) = torch.autograd.grad(gradient, w, v, retain_graph=True)
    return 0.98 * 2 / v.norm().item()
