"""Gives the last loss for the mean. Breaks: the_mean_is_of_all_losses."""

from __future__ import annotations


def epoch_losses(model, optimizer, loss_fn, batches):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, losses[-1] if losses else 0.0
