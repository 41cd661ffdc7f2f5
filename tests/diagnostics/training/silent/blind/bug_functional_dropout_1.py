# BUG functional dropout active in evaluation: F.dropout(h, 0.3) without training=self.training (line 18)
import torch
from torch import nn
import torch.nn.functional as F
from torch.optim import Adam


class RatingMLP(nn.Module):
    def __init__(self, users, items, k=16):
        super().__init__()
        self.u = nn.Embedding(users, k)
        self.i = nn.Embedding(items, k)
        self.l1 = nn.Linear(2 * k, 32)
        self.l2 = nn.Linear(32, 1)

    def forward(self, u, i):
        h = F.relu(self.l1(torch.cat([self.u(u), self.i(i)], dim=-1)))
        h = F.dropout(h, 0.3)
        return self.l2(h)[:, 0]


class Experiment:
    def __init__(self):
        torch.manual_seed(42)
        self.users, self.items = 40, 60
        pu, pi = torch.randn(self.users, 4), torch.randn(self.items, 4)
        u = torch.randint(0, self.users, (3000,))
        i = torch.randint(0, self.items, (3000,))
        r = (pu[u] * pi[i]).sum(-1)
        self.train_data = (u[:2400], i[:2400], r[:2400])
        self.test_data = (u[2400:], i[2400:], r[2400:])
        self.model = RatingMLP(self.users, self.items)
        self.opt = Adam(self.model.parameters(), lr=5e-3)

    def train_epoch(self):
        self.model.train()
        u, i, r = self.train_data
        for b in torch.randperm(len(u)).split(120):
            self.opt.zero_grad()
            loss = F.mse_loss(self.model(u[b], i[b]), r[b])
            loss.backward()
            self.opt.step()

    @torch.no_grad()
    def test(self):
        self.model.eval()
        u, i, r = self.test_data
        return F.mse_loss(self.model(u, i), r).sqrt().item()


exp = Experiment()
for e in range(5):
    exp.train_epoch()
    print("epoch", e, "test RMSE", round(exp.test(), 3))
