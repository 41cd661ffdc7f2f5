# BUG parameters that never get a gradient: forward uses self.enc_a twice (line 21), enc_b (line 14) never runs
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader


class TwoTower(nn.Module):
    """query tower + document tower -> relevance score"""

    def __init__(self, d=20, h=32):
        super().__init__()
        self.enc_a = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, h))
        self.enc_b = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, h))
        self.score = nn.Bilinear(h, h, 1)

    def forward(self, batch):
        q = batch["query"]
        d = batch["doc"]
        za = self.enc_a(q)
        zb = self.enc_a(d)
        return self.score(za, zb).squeeze(1)


def collate(rows):
    q, d, y = zip(*rows)
    return {"query": torch.stack(q), "doc": torch.stack(d), "label": torch.stack(y)}


def get_loader():
    q, d = torch.randn(1000, 20), torch.randn(1000, 20)
    M = torch.randn(20, 20) / 4
    y = ((q @ M) * d).sum(1).gt(0).float()
    return DataLoader(TensorDataset(q, d, y), batch_size=50, shuffle=True, collate_fn=collate)


def train(epochs=4):
    torch.manual_seed(9)
    loader = get_loader()
    model = TwoTower()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    for ep in range(epochs):
        model.train()
        s = 0.
        for batch in loader:
            opt.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(batch), batch["label"])
            loss.backward()
            opt.step()
            s += loss.item()
        print("ep", ep, "bce", s / len(loader))


train()
