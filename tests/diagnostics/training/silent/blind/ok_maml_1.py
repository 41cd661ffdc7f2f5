# OK: meta-learning (MAML), inner loop by hand with create_graph, one outer step per meta-batch
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call


class SineNet(nn.Module):
    def __init__(self, h=40):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(1, h), nn.Linear(h, h), nn.Linear(h, 1)

    def forward(self, x):
        return self.l3(torch.relu(self.l2(torch.relu(self.l1(x)))))


def sample_task():
    amp = 0.5 + 2 * torch.rand(1)
    ph = math.pi * torch.rand(1)

    def draw(k):
        x = torch.rand(k, 1) * 10 - 5
        return x, amp * torch.sin(x + ph)
    return draw


def adapt(model, params, x, y, lr=0.02, steps=1):
    for _ in range(steps):
        loss = F.mse_loss(functional_call(model, params, (x,)), y)
        grads = torch.autograd.grad(loss, list(params.values()), create_graph=True)
        params = {k: p - lr * g for (k, p), g in zip(params.items(), grads)}
    return params


torch.manual_seed(0)
model = SineNet()
meta_opt = torch.optim.Adam(model.parameters(), lr=2e-3)
tasks_per_batch = 4
for it in range(60):
    meta_opt.zero_grad()
    meta_loss = 0.0
    for _ in range(tasks_per_batch):
        draw = sample_task()
        fast = adapt(model, dict(model.named_parameters()), *draw(10))
        xq, yq = draw(10)
        meta_loss = meta_loss + F.mse_loss(functional_call(model, fast, (xq,)), yq)
    meta_loss = meta_loss / tasks_per_batch
    meta_loss.backward()
    meta_opt.step()
    if it % 20 == 0:
        print(f"iter {it}: meta-loss {meta_loss.item():.3f}")
