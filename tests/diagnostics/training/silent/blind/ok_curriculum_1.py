# OK: curriculum, easy samples first, so the training order is sorted by difficulty in the first epochs
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, Sampler


class Noisy(Dataset):
    def __init__(self, n=900):
        g = torch.Generator().manual_seed(0)
        self.y = torch.randint(0, 3, (n,), generator=g)
        self.difficulty = torch.rand(n, generator=g) * 2
        c = torch.randn(3, 16, generator=g)
        self.x = c[self.y] + self.difficulty[:, None] * torch.randn(n, 16, generator=g)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class CurriculumSampler(Sampler):
    """uses the easiest `frac` of the data; sorted by difficulty while frac < 1"""

    def __init__(self, difficulty):
        self.order = difficulty.argsort().tolist()
        self.frac = 0.3

    def __len__(self):
        return int(len(self.order) * self.frac)

    def __iter__(self):
        pool = self.order[:len(self)]
        if self.frac >= 1:
            return iter([pool[i] for i in torch.randperm(len(pool)).tolist()])
        return iter(pool)


torch.manual_seed(0)
ds = Noisy()
sampler = CurriculumSampler(ds.difficulty)
loader = DataLoader(ds, batch_size=30, sampler=sampler)
net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 3))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch, frac in enumerate([0.3, 0.6, 1.0, 1.0]):
    sampler.frac = frac
    tot = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        tot += loss.item()
    print(f"epoch {epoch} frac {frac} loss {tot / len(loader):.3f}")
