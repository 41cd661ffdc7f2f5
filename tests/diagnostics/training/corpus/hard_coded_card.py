import argparse

import torch
import torch.nn as nn


class NoisyMLP(nn.Module):
    def __init__(self, sigma=0.1):
        super().__init__()
        self.sigma = sigma
        self.a = nn.Linear(7, 14)
        self.b = nn.Linear(14, 2)

    def forward(self, x):
        if self.training:
            noise = torch.randn(x.shape, device="cuda" if torch.cuda.is_available() else "cpu")
            x = x + self.sigma * noise
        return self.b(torch.relu(self.a(x)))


def train(args):
    device = torch.device(args.device if torch.cuda.is_available() else "cpu")
    model = NoisyMLP().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: 1.0 / (1 + s))
    for step in range(3):
        x = torch.randn(10, 7, device=device)
        y = (x.sum(dim=1) > 0).long()
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        print(step, f"{loss.item():.4f}")


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--device", default="cuda:1")
    ap.add_argument("--lr", type=float, default=1e-3)
    torch.manual_seed(0)
    train(ap.parse_args())
