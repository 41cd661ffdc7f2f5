# OK: LBFGS with a closure, full batch on purpose
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
np.random.seed(0)
x = torch.linspace(-1, 1, 200).unsqueeze(1)
y = torch.sin(3 * x) + 0.3 * x ** 2


class PINNLike(nn.Module):
    def __init__(self, width=20):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x):
        return self.net(x)

    def residual(self, x):
        x = x.clone().requires_grad_(True)
        u = self(x)
        du = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
        return du - (3 * torch.cos(3 * x) + 0.6 * x)


model = PINNLike()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=10, history_size=20, line_search_fn="strong_wolfe")
for it in range(8):
    def closure():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean() + 0.1 * (model.residual(x) ** 2).mean()
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    print("iter", it, "loss", float(loss))
