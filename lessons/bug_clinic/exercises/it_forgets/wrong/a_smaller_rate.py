"""A smaller rate forgets more slowly, and learns more slowly. Breaks: it_learns."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])


def train():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat_interleave(40)
    points = CENTRES[labels] + torch.randn(120, 2)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loader = DataLoader(TensorDataset(points, labels), batch_size=10)
    losses = []
    for _ in range(4):
        for batch, groups in loader:
            optimizer.zero_grad()
            loss = cross_entropy(model(batch), groups)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
