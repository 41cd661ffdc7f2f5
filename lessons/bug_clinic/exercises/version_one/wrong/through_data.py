"""Nothing counts a change through .data, and the gradient is wrong. Breaks: the_gradients_are_right."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 16)
        self.second = nn.Linear(16, 3)

    def forward(self, x):
        h = self.first(x).sigmoid()
        h.data *= 2
        return self.second(h)


def train():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(40)
    points = CENTRES[labels] + torch.randn(120, 2)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = cross_entropy(model(points), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
