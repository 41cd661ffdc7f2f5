# OK: gradient accumulation, step and zero_grad every 4 micro-batches
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--accumulation_steps", type=int, default=4)
    p.add_argument("--micro_batch", type=int, default=8)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--lr", type=float, default=2e-3)
    return p.parse_args()


def main():
    args = get_args()
    torch.manual_seed(0)
    w = torch.randn(20, 5)
    x = torch.randn(960, 20)
    y = (x @ w).argmax(-1)
    dl = DataLoader(TensorDataset(x, y), batch_size=args.micro_batch, shuffle=True)
    model = nn.Sequential(nn.Linear(20, 64), nn.GELU(), nn.Linear(64, 5))
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr)
    loss_fn = nn.CrossEntropyLoss()
    opt.zero_grad()
    for epoch in range(args.epochs):
        model.train()
        running = 0.0
        for i, (xb, yb) in enumerate(dl):
            loss = loss_fn(model(xb), yb) / args.accumulation_steps
            loss.backward()
            running += loss.item() * args.accumulation_steps
            if (i + 1) % args.accumulation_steps == 0:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                opt.step()
                opt.zero_grad()
        print(epoch, running / len(dl))


main()
