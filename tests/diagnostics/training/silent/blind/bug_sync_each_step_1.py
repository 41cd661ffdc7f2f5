# BUG sync in every step: loss.item() (line 44) and the .cpu() accuracy (line 45) in each step on the GPU
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class AverageMeter:
    def __init__(self):
        self.sum = 0.0
        self.count = 0

    def update(self, val, n=1):
        self.sum += val * n
        self.count += n

    @property
    def avg(self):
        return self.sum / max(1, self.count)


def get_model():
    return nn.Sequential(
        nn.Linear(32, 96), nn.BatchNorm1d(96), nn.ReLU(inplace=True),
        nn.Linear(96, 7))


def main():
    torch.manual_seed(0)
    device = torch.device("cuda")
    W = torch.randn(32, 7)
    x = torch.randn(2000, 32)
    y = (x @ W).argmax(1)
    loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True, pin_memory=False)
    model = get_model().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for epoch in range(3):
        losses, top1 = AverageMeter(), AverageMeter()
        model.train()
        for data, target in loader:
            data, target = data.to(device, non_blocking=True), target.to(device, non_blocking=True)
            out = model(data)
            loss = F.cross_entropy(out, target)
            losses.update(loss.item(), data.size(0))
            top1.update((out.detach().cpu().argmax(1) == target.cpu()).float().mean(), data.size(0))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        print(f"Epoch {epoch}: loss {losses.avg:.4f} top1 {top1.avg:.3f}")


if __name__ == "__main__":
    main()
