# BUG steps on one batch only: next(iter(loader)) (line 38) outside the step loop, every step sees the same batch
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(123)


def make_loader(n=1000, bs=25):
    w = torch.randn(18, 4)
    x = torch.randn(n, 18)
    y = (x @ w + 0.3 * torch.randn(n, 4)).argmax(1)
    return DataLoader(TensorDataset(x, y), batch_size=bs, shuffle=True)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(18, 64)
        self.res = nn.ModuleList([nn.Linear(64, 64) for _ in range(2)])
        self.out = nn.Linear(64, 4)

    def forward(self, x):
        h = torch.relu(self.inp(x))
        for r in self.res:
            h = h + torch.relu(r(h))
        return self.out(h)


train_loader = make_loader()
model = Classifier()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
max_steps = 120
log_every = 30

model.train()
xb, yb = next(iter(train_loader))
for step in range(max_steps):
    logits = model(xb)
    loss = F.cross_entropy(logits, yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % log_every == 0:
        print(f"step {step} loss {loss.item():.4f}")
print("done")
