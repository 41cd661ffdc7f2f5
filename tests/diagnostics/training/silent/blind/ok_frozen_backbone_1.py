# OK: frozen backbone kept in eval mode, only the head trains
import torch
import torch.nn as nn
import torch.nn.functional as F


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3, padding=1)
        self.bn = nn.BatchNorm2d(32)

    def forward(self, x):
        return F.adaptive_avg_pool2d(F.relu(self.bn(self.conv(x))), 2).flatten(1)


class LinearProbe(nn.Module):
    def __init__(self, backbone, n):
        super().__init__()
        self.backbone = backbone
        self.backbone.requires_grad_(False)
        self.head = nn.Linear(128, n)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()          # keep the BN statistics
        return self

    def forward(self, x):
        with torch.no_grad():
            f = self.backbone(x)
        return self.head(f)


device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
probe = LinearProbe(Backbone(), 3).to(device)
opt = torch.optim.Adam([p for p in probe.parameters() if p.requires_grad], lr=1e-2)
tmpl = torch.randn(3, 3, 8, 8)


def batch(n=64):
    y = torch.randint(3, (n,))
    return (tmpl[y] + 0.3 * torch.randn(n, 3, 8, 8)).to(device), y.to(device)


for epoch in range(4):
    probe.train()
    for _ in range(20):
        x, y = batch()
        loss = F.cross_entropy(probe(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    probe.eval()
    with torch.no_grad():
        x, y = batch(200)
        acc = (probe(x).argmax(1) == y).float().mean()
    print(f"epoch {epoch} loss {loss.item():.3f} acc {acc.item():.3f}")
