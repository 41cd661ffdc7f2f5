"""Many healthy trainings in one process: attacks, BYOL, an actor, early stopping, a time series, several tasks."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
# PGD adversarial training
m = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
o = torch.optim.SGD(m.parameters(), lr=0.05)
for _ in range(8):
    x, y = torch.randn(16, 6), torch.randint(0, 3, (16,))
    d = torch.zeros_like(x)
    m.eval()
    for _ in range(3):
        d.requires_grad_()
        (g,) = torch.autograd.grad(F.cross_entropy(m(x + d), y), d)
        d = (d + 0.1 * g.sign()).detach()
    m.train()
    o.zero_grad()
    F.cross_entropy(m(x + d), y).backward()
    o.step()
# pgd through backward in eval
for _ in range(8):
    x, y = torch.randn(16, 6), torch.randint(0, 3, (16,))
    d = torch.zeros_like(x).requires_grad_()
    for _ in range(3):
        F.cross_entropy(m(x + d), y).backward()
        d.data = d.data + 0.1 * d.grad.sign()
        d.grad.zero_()
    o.zero_grad()
    F.cross_entropy(m(x + d.detach()), y).backward()
    o.step()
# BYOL
online = nn.Linear(6, 4)
pred = nn.Linear(4, 4)
target = copy.deepcopy(online)
o = torch.optim.Adam([*online.parameters(), *pred.parameters()], 1e-3)
for _ in range(8):
    x = torch.randn(16, 6)
    loss = F.mse_loss(pred(online(x)), target(x + 0.1).detach())
    o.zero_grad()
    loss.backward()
    o.step()
    with torch.no_grad():
        for a, b in zip(target.parameters(), online.parameters()):
            a.mul_(0.9).add_(b, alpha=0.1)
# A2C with dropout
pi = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))
v = nn.Linear(4, 1)
o = torch.optim.Adam([*pi.parameters(), *v.parameters()], 1e-3)
for _epoch in range(12):
    S, A, R = [], [], []
    with torch.no_grad():
        for _t in range(10):
            s = torch.randn(4)
            a = torch.distributions.Categorical(logits=pi(s)).sample()
            S.append(s)
            A.append(a)
            R.append(float(a))
    S = torch.stack(S)
    A = torch.stack(A)
    R = torch.tensor(R)
    lp = torch.distributions.Categorical(logits=pi(S)).log_prob(A)
    val = v(S).squeeze(-1)
    loss = -(lp * (R - val.detach())).mean() + F.mse_loss(val, R)
    o.zero_grad()
    loss.backward()
    o.step()
# early stopping with restore
net = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.2), nn.Linear(8, 1))
o = torch.optim.Adam(net.parameters(), 1e-2)
best = 1e9
for _epoch in range(6):
    net.train()
    for _ in range(4):
        x = torch.randn(16, 5)
        o.zero_grad()
        F.mse_loss(net(x), x[:, :1]).backward()
        o.step()
    net.eval()
    with torch.no_grad():
        val = sum(F.mse_loss(net(x), x[:, :1]).item() for x in torch.randn(4, 16, 5))
    if val < best:
        best, state = val, copy.deepcopy(net.state_dict())
    else:
        break
net.load_state_dict(state)
# time series, ordered windows
series = torch.sin(torch.arange(200) / 5)
W = series.unfold(0, 11, 1)
lstm = nn.LSTM(1, 8, batch_first=True)
h = nn.Linear(8, 1)
o = torch.optim.Adam([*lstm.parameters(), *h.parameters()], 1e-2)
for b in W.split(16):
    o.zero_grad()
    F.mse_loss(h(lstm(b[:, :10, None])[0][:, -1]), b[:, 10:]).backward()
    o.step()
# multi-task uncertainty weights, all in the optimizer
sig = nn.Parameter(torch.zeros(2))
bb = nn.Linear(4, 8)
h1 = nn.Linear(8, 1)
h2 = nn.Linear(8, 3)
o = torch.optim.AdamW([*bb.parameters(), *h1.parameters(), *h2.parameters(), sig], 1e-3)
for _ in range(8):
    x = torch.randn(16, 4)
    z = torch.relu(bb(x))
    loss = (
        F.mse_loss(h1(z), x[:, :1]) * torch.exp(-sig[0])
        + F.cross_entropy(h2(z), torch.randint(0, 3, (16,))) * torch.exp(-sig[1])
        + sig.sum()
    )
    o.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(bb.parameters(), 1.0)
    o.step()
print("done")
