# OK: overfit one batch as a sanity check, announced as such
"""Sanity check before the long run: the model must be able to overfit a single batch."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class UNetTiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.mid = nn.Conv2d(16, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 16, 2, stride=2)
        self.out = nn.Conv2d(17, 1, 1)

    def forward(self, x):
        h = F.relu(self.down(x))
        h = F.relu(self.mid(h))
        return self.out(torch.cat([self.up(h), x], 1))


def data():
    m = (torch.rand(64, 1, 4, 4) > 0.6).float()
    m = F.interpolate(m, scale_factor=4)
    return TensorDataset(m + 0.3 * torch.randn_like(m), m)


def overfit_single_batch(model, loader, steps=100):
    """Sanity check: overfit ONE batch, loss should go towards 0."""
    x, y = next(iter(loader))
    opt = torch.optim.Adam(model.parameters(), lr=5e-3)
    model.train()
    for step in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 25 == 0:
            print(f"[overfit-one-batch] step {step}: {loss.item():.4f}")
    return loss.item()


if __name__ == "__main__":
    torch.manual_seed(0)
    final = overfit_single_batch(UNetTiny(), DataLoader(data(), batch_size=8, shuffle=True))
    print("sanity check", "passed" if final < 0.2 else "FAILED", final)
