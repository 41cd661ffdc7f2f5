"""A scaler that is switched off does not complain, and small gradients become 0. Breaks: the_weights_stay_float32."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])


def train():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(40)
    points = (CENTRES[labels] + torch.randn(120, 2)).to("cuda")
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3)).to("cuda").half()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    scaler = torch.amp.GradScaler("cuda", enabled=False)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = cross_entropy(model(points), labels.to("cuda"))
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
