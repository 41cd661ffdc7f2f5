"""The last loss is left with the model, graph and all. Breaks: none_is_left_at_the_end."""

from __future__ import annotations


def epoch_losses(model, optimizer, loss_fn, batches):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.last_loss = loss
    return losses, sum(losses) / len(losses) if losses else 0.0
