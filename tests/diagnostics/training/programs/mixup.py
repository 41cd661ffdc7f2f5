"""Mixup: inputs mixed in pairs, probabilities as targets, an index that was drawn on the device."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(8)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
CLASSES = 4

model = nn.Sequential(nn.Linear(10, 32), nn.SiLU(), nn.Linear(32, CLASSES)).to(device)
optimizer = torch.optim.NAdam(model.parameters(), lr=0.01)
images = torch.randn(64, 10)
labels = torch.randint(0, CLASSES, (64,))
beta = torch.distributions.Beta(0.4, 0.4)

for step in range(6):
    picked = torch.randperm(64)[:16]
    x = images[picked].to(device)
    y = F.one_hot(labels[picked], CLASSES).float().to(device)
    share = beta.sample().to(device)
    partner = torch.randperm(16).to(device)
    mixed_x = share * x + (1 - share) * x[partner]
    mixed_y = share * y + (1 - share) * y[partner]
    loss = F.cross_entropy(model(mixed_x), mixed_y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step}: {loss.item():.4f}")
