# OK: label smoothing with OneCycleLR stepped per batch and loss.item() every 50 steps
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class ConvMixerish(nn.Module):
    def __init__(self, dim=24, n=5):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, 2, 2)
        self.dw = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        self.bn = nn.BatchNorm2d(dim)
        self.pw = nn.Conv2d(dim, dim, 1)
        self.head = nn.Linear(dim, n)

    def forward(self, x):
        x = self.patch(x)
        x = x + torch.nn.functional.gelu(self.bn(self.dw(x)))
        return self.head(torch.nn.functional.gelu(self.pw(x)).mean((2, 3)))


def train_one_epoch(epoch, model, loader, optimizer, loss_fn, sched, device, log_interval=50):
    model.train()
    losses = torch.zeros((), device=device)
    for i, (inp, target) in enumerate(loader):
        inp, target = inp.to(device), target.to(device)
        loss = loss_fn(model(inp), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sched.step()
        losses += loss.detach()
        if i % log_interval == 0:
            print(f"Train: {epoch} [{i:>4d}/{len(loader)}] Loss: {loss.item():.4f} LR: {sched.get_last_lr()[0]:.2e}")
    return losses.item() / len(loader)


if __name__ == "__main__":
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    mean = torch.randn(5, 3, 1, 1)
    y = torch.randint(5, (1600,))
    x = mean[y] + 0.5 * torch.randn(1600, 3, 8, 8)
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    model = ConvMixerish().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    epochs = 3
    sched = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=6e-3, total_steps=epochs * len(loader))
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
    for ep in range(epochs):
        print("avg", train_one_epoch(ep, model, loader, optimizer, loss_fn, sched, device))
