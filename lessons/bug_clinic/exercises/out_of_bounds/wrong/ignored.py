"""The loss looks away from group 3. Breaks: it_learns."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])


def train():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(40)
    points = CENTRES[labels] + torch.randn(120, 2)
    labels = labels + 1  # in the file the groups are 1, 2 and 3
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = cross_entropy(model(points), labels, ignore_index=3)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
