# OK: SimCLR-like contrastive learning (InfoNCE, cross entropy over similarities, labels arange)
import torch
from torch import nn
import torch.nn.functional as F


class ProjectionModel(nn.Module):
    def __init__(self, d=32, out=16):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 64))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(64, out))
        self.logit_scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return F.normalize(self.projector(self.encoder(x)), dim=-1)


def augment(x):
    return x * (torch.rand_like(x) > 0.1).float() + 0.2 * torch.randn_like(x)


def info_nce(z1, z2, scale):
    logits = z1 @ z2.t() * scale.exp()
    labels = torch.arange(z1.size(0), device=z1.device)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


def pretrain(steps=120, bs=64):
    torch.manual_seed(0)
    pool = torch.randn(2048, 32)
    model = ProjectionModel()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model.train()
    for step in range(steps):
        x = pool[torch.randint(0, len(pool), (bs,))]
        loss = info_nce(model(augment(x)), model(augment(x)), model.logit_scale)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 40 == 0:
            print(f"step {step}: nce {loss.item():.3f}")
    return model


pretrain()
