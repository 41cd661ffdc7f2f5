import argparse

import torch
from torch import nn


def parse():
    p = argparse.ArgumentParser(description="train a tiny autoencoder")
    p.add_argument("--gpu", type=int, default=1, help="index of the card")
    p.add_argument("--steps", type=int, default=3)
    return p.parse_args()


def autoencoder():
    enc = nn.Sequential(nn.Linear(12, 6), nn.ReLU(), nn.Linear(6, 2))
    dec = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 12))
    return nn.Sequential(enc, dec)


def main():
    args = parse()
    torch.manual_seed(0)
    device = torch.device(f"cuda:{args.gpu}" if torch.cuda.is_available() else "cpu")
    net = autoencoder()
    net.to(device)
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    data = torch.rand(32, 12)
    for step in range(args.steps):
        x = data[torch.randperm(32)[:8]].to(device)
        loss = nn.functional.mse_loss(net(x), x)
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(step, loss.item())


if __name__ == "__main__":
    main()
