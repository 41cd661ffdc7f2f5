import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Oscillator(nn.Module):
    """A small physics-informed net for u'' + u = 0."""

    def __init__(self, width=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, t):
        return self.net(t)


t_np = np.linspace(0, np.pi, 20)[:, None]
t = torch.from_numpy(t_np).to(device).requires_grad_(True)
u_true = torch.from_numpy(np.cos(t_np)).to(device)
model = Oscillator().to(device)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)
mse = nn.MSELoss()


def closure():
    optimizer.zero_grad()
    u = model(t)
    (du,) = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)
    (ddu,) = torch.autograd.grad(du, t, torch.ones_like(du), create_graph=True)
    loss = mse(u, u_true) + mse(ddu, -u)
    loss.backward()
    return loss


for step in range(3):
    loss = optimizer.step(closure)
    print(step, loss.item(), loss.dtype)
