import argparse

import torch
from torch import nn


def build(classes):
    return nn.Sequential(
        nn.Conv1d(2, 16, 5, padding=2),
        nn.ReLU(),
        nn.Conv1d(16, 16, 5, padding=4, dilation=2),
        nn.ReLU(),
        nn.Conv1d(16, classes, 1),
    )


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    ap.add_argument("--classes", type=int, default=8)
    args = ap.parse_args()
    torch.manual_seed(0)
    with torch.device(args.device):
        net = build(args.classes)
        length = args.classes
        criterion = nn.CrossEntropyLoss(reduction="none")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for step in range(3):
        signal = torch.randn(args.classes, 2, length).to(args.device)
        state = (signal[:, 0] * 3).round().long().clamp(-3, 3) + 3
        lengths = torch.randint(2, length + 1, (len(signal),))
        inside = (torch.arange(length)[None, :] < lengths[:, None]).to(args.device)
        per_step = criterion(net(signal), state)
        loss = (per_step * inside).sum() / inside.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, f"{loss.item():.4f}", int(lengths.max()))


if __name__ == "__main__":
    main()
