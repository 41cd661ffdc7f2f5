"""The list has numbers, and the running total has the graphs. Breaks: no_graph_stays."""

from __future__ import annotations


def epoch_losses(model, optimizer, loss_fn, batches):
    losses, total = [], 0.0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        total = total + loss
    return losses, total.item() / len(losses) if losses else 0.0
