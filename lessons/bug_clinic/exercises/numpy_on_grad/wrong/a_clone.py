"""A clone has the graph, too. Breaks: no_loss_keeps_its_graph."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])


def train():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(40)
    points = CENTRES[labels] + torch.randn(120, 2)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = cross_entropy(model(points), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.clone())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
