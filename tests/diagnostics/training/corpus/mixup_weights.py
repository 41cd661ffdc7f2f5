import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

np.random.seed(1)
torch.manual_seed(1)
K = 4
device = torch.device("cuda")


def mixup(x, y, alpha=0.4):
    lam = float(np.clip(np.random.beta(alpha, alpha), 0.1, 0.3))
    perm = torch.randperm(x.size(0), device=x.device)
    onehot = F.one_hot(y, K).float()
    x_mix = lam * x + (1 - lam) * x[perm]
    y_mix = lam * onehot + lam * onehot[perm]
    return x_mix, y_mix


model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(3 * 6 * 6, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(32, K),
).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=4)

for step in range(3):
    images = torch.rand(12, 3, 6, 6, device=device)
    labels = torch.randint(0, K, (12,), device=device)
    x_mix, y_mix = mixup(images, labels)
    loss = F.cross_entropy(model(x_mix), y_mix)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(f"step {step}: loss {loss.item():.4f}")
