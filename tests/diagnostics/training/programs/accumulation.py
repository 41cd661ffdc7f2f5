"""Gradients accumulated over several batches, with running averages kept on the device."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
EVERY = 4

loader = DataLoader(TensorDataset(torch.randn(96, 6), torch.randn(96, 1)), batch_size=8, shuffle=True)
model = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 1)).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
target_mean = torch.tensor([0.1]).to(device)

for epoch in range(2):
    running = torch.zeros(1, device=device)
    optimizer.zero_grad()
    for index, (x, y) in enumerate(loader):
        x, y = x.to(device), y.to(device)
        loss = F.mse_loss(model(x), y - target_mean) / EVERY
        loss.backward()
        running += loss.detach()
        if (index + 1) % EVERY == 0:
            optimizer.step()
            optimizer.zero_grad()
    losses = running / len(loader)
    print(f"epoch {epoch}: {losses.item():.5f}")
