"""Fits a plane to 100 points by hand: no model, no optimizer."""

import torch


def train():
    torch.manual_seed(0)
    x = torch.randn(100, 2)
    y = x @ torch.tensor([2.0, -3.0]) + 0.1 * torch.randn(100)
    w = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    losses = []
    for _ in range(40):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return w, losses


if __name__ == "__main__":
    w, losses = train()
    print(f"w is {w.tolist()}, the loss {losses[-1]:.3f}")
