"""Adds the numbers up as they come."""

from __future__ import annotations


def epoch_losses(model, optimizer, loss_fn, batches):
    losses, total = [], 0.0
    for x, y in batches:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
        total += losses[-1]
    return losses, total / max(1, len(losses))
