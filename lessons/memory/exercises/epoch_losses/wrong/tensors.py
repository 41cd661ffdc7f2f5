"""Detached tensors are no floats. Breaks: it_returns_floats."""

from __future__ import annotations


def epoch_losses(model, optimizer, loss_fn, batches):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses, sum(losses) / len(losses) if losses else 0.0
