"""Where there is no graph there is no step, and so there is none. Breaks: it_learns."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])


def right(model, points, labels):
    """The share that is sorted right."""
    torch.set_grad_enabled(False)
    return (model(points).argmax(dim=1) == labels).float().mean().item()


def train():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(40)
    points = CENTRES[labels] + torch.randn(120, 2)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    losses = []
    print(f"before training {right(model, points, labels):.0%} are right")
    for _ in range(40):
        optimizer.zero_grad()
        loss = cross_entropy(model(points), labels)
        if loss.requires_grad:
            loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
