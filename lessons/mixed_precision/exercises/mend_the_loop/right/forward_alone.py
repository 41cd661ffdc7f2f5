"""The loss is outside of autocast, in float32 by hand, and the gradients are cleared last."""

import torch
from torch.nn.utils import clip_grad_norm_


def train(model, loss_fn, optimizer, scaler, batches, max_norm):
    losses = []
    for x, y in batches:
        with torch.autocast("cpu", torch.float16):
            output = model(x)
        loss = loss_fn(output.float(), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), max_norm)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
