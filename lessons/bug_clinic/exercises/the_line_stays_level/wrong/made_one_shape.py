"""Both are expanded to 100 x 100: the warning is gone and the mistake is not. Breaks: it_finds_the_line."""

import torch
from torch import nn
from torch.nn.functional import mse_loss


def train():
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 100)
    y = 3 * x + 0.1 * torch.randn(100)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = mse_loss(model(x[:, None]).expand(100, 100), y.expand(100, 100))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
    print(f"the line is {model.weight.item():.3f} x + {model.bias.item():.3f}")
