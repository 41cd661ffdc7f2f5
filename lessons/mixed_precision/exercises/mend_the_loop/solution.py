import torch
from torch.nn.utils import clip_grad_norm_


def train(model, loss_fn, opt, scaler, batches, max_norm):
    """Trains in float16; returns each batch's loss."""
    losses = []
    for x, y in batches:
        opt.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = loss_fn(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(opt)
        clip_grad_norm_(model.parameters(), max_norm)
        scaler.step(opt)
        scaler.update()
        losses.append(loss.item())
    return losses
