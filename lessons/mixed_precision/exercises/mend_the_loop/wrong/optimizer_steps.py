"""Calls optimizer.step(), which skips nothing. Breaks: too_high_a_factor_costs_steps_alone."""

import torch
from torch.nn.utils import clip_grad_norm_


def train(model, loss_fn, optimizer, scaler, batches, max_norm):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = loss_fn(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        scaler.update()
        losses.append(loss.item())
    return losses
