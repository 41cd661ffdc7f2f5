"""Clips before unscale_. Breaks: clipping_is_for_the_true_gradient."""

import torch
from torch.nn.utils import clip_grad_norm_


def train(model, loss_fn, optimizer, scaler, batches, max_norm):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = loss_fn(model(x), y)
        scaler.scale(loss).backward()
        clip_grad_norm_(model.parameters(), max_norm)
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return losses
