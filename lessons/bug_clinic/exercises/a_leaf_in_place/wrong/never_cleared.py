"""The gradients of all steps add up: w swings past the plane again and again. Breaks: it_finds_the_plane."""

import torch


def train():
    torch.manual_seed(0)
    x = torch.randn(100, 2)
    y = x @ torch.tensor([2.0, -3.0]) + 0.1 * torch.randn(100)
    w = torch.zeros(2, requires_grad=True)
    losses = []
    for _ in range(40):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        losses.append(loss.item())
    return w, losses


if __name__ == "__main__":
    w, losses = train()
    print(f"w is {w.tolist()}, the loss {losses[-1]:.3f}")
