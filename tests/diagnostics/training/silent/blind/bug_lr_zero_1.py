# BUG learning rate 0 for the whole run: LambdaLR with integer division step // warmup (line 33)
import argparse
import torch
import torch.nn as nn


def parse():
    ap = argparse.ArgumentParser(description="autoencoder")
    ap.add_argument("--steps", type=int, default=90)
    ap.add_argument("--warmup", type=int, default=1000)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--code", type=int, default=4)
    return ap.parse_args()


class AutoEncoder(nn.Module):
    def __init__(self, d, code):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d, 32), nn.ReLU(), nn.Linear(32, code))
        self.dec = nn.Sequential(nn.Linear(code, 32), nn.ReLU(), nn.Linear(32, d))

    def forward(self, x):
        return self.dec(self.enc(x))


def main(a):
    torch.manual_seed(0)
    basis = torch.randn(a.code, 24)
    model = AutoEncoder(24, a.code)
    opt = torch.optim.Adam(model.parameters(), lr=a.lr)
    sched = torch.optim.lr_scheduler.LambdaLR(
        opt,
        lambda step: min(1.0, step // a.warmup))
    for it in range(a.steps):
        x = torch.randn(64, a.code) @ basis
        rec = model(x)
        loss = nn.functional.mse_loss(rec, x)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if it % 30 == 0:
            print(f"it {it} rec {loss.item():.4f}")


if __name__ == "__main__":
    main(parse())
