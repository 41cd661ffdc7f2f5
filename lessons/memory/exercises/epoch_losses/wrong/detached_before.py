"""Detached too early: there is nothing to go back through. Breaks: the_losses_are_those_of_the_batches."""

from __future__ import annotations


def epoch_losses(model, optimizer, loss_fn, batches):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y).detach()
        optimizer.step()
        losses.append(loss.item())
    return losses, sum(losses) / len(losses) if losses else 0.0
