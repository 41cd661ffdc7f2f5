"""A moving average of the weights, in a copy of the model and by torch.optim.swa_utils."""

import copy

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(7)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

model = nn.Sequential(nn.Linear(5, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 1)).to(device)
average = copy.deepcopy(model)
for parameter in average.parameters():
    parameter.requires_grad_(False)
averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
x = torch.randn(32, 5).to(device)
y = torch.randn(32, 1).to(device)


@torch.no_grad()
def follow(decay=0.9):
    for mean, now in zip(average.parameters(), model.parameters()):
        mean.mul_(decay).add_(now, alpha=1 - decay)


for _ in range(8):
    loss = nn.functional.smooth_l1_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    follow()
    averaged.update_parameters(model)

probe = torch.ones(1, 5, device=device)
with torch.no_grad():
    print(f"{loss.item():.5f} {average(probe).item():.5f} {averaged(probe).item():.5f}")
