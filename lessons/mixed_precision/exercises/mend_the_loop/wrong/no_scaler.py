"""Lets the optimizer step without the scaler. Breaks: tiny_gradients_are_not_lost."""

import torch
from torch.nn.utils import clip_grad_norm_


def train(model, loss_fn, optimizer, scaler, batches, max_norm):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = loss_fn(model(x), y)
        loss.backward()
        clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses
