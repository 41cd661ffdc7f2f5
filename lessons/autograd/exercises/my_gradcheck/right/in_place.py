"""Moves one entry of a flat copy to and fro, under no_grad; the gradient by backward() on a second copy."""

import torch


def gradcheck(f, w):
    leaf = w.detach().to(torch.float64, copy=True).requires_grad_()
    f(leaf).backward()
    moved = leaf.detach().clone(memory_format=torch.contiguous_format)
    flat = moved.view(-1)
    with torch.no_grad():
        for k, told in enumerate(leaf.grad.flatten().tolist()):
            middle, h = flat[k].item(), 1e-5
            flat[k] = middle + h
            above = f(moved).item()
            flat[k] = middle - h
            below = f(moved).item()
            flat[k] = middle
            if not abs((above - below) / (2 * h) - told) <= 1e-5 * (1 + abs(told)):
                return False
    return True
