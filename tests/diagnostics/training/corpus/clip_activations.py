import math

import torch
from torch import nn

torch.manual_seed(17)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def curriculum_weight(loss_value):
    """Weight of a sample: hard samples count less in the first steps."""
    return 1.0 / (1.0 + math.exp(loss_value - 1.0))


def sample_weights(per_sample):
    scores = per_sample.detach().clone()
    scores.apply_(curriculum_weight)
    return scores / scores.sum()


net = nn.Sequential(nn.Linear(9, 18), nn.GELU(), nn.Dropout(0.1), nn.Linear(18, 4)).to(device)
opt = torch.optim.NAdam(net.parameters(), lr=2e-3)
per_sample_loss = nn.CrossEntropyLoss(reduction="none")

X = torch.randn(40, 9, device=device)
y = torch.randint(0, 4, (40,), device=device)

for epoch in range(2):
    for start in range(0, 40, 20):
        xb, yb = X[start : start + 20], y[start : start + 20]
        losses = per_sample_loss(net(xb), yb)
        weights = sample_weights(losses)
        loss = (weights * losses).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("epoch", epoch, "weighted loss", float(loss))
