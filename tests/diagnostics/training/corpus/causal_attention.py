import math

import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, dim, n_head, max_len):
        super().__init__()
        assert dim % n_head == 0
        self.n_head = n_head
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.mask = torch.tril(torch.ones(max_len, max_len)).view(1, 1, max_len, max_len) == 0

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).split(C, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
        att = att.masked_fill(self.mask[:, :, :T, :T], float("-inf"))
        y = att.softmax(dim=-1) @ v
        return self.proj(y.transpose(1, 2).reshape(B, T, C))


class NextValue(nn.Module):
    def __init__(self, dim=12):
        super().__init__()
        self.inp = nn.Linear(1, dim)
        self.attn = CausalSelfAttention(dim, 3, 32)
        self.out = nn.Linear(dim, 1)

    def forward(self, series):
        h = self.inp(series)
        return self.out(h + self.attn(h))


torch.manual_seed(1)
device = "cuda" if torch.cuda.is_available() else "cpu"
model = NextValue().to(device)
optim = torch.optim.AdamW(model.parameters(), lr=1e-3)
t = torch.linspace(0, 12, 25)
for step in range(3):
    phase = torch.rand(6, 1) * 6.28
    wave = torch.sin(t + phase).unsqueeze(-1).to(device)
    loss = nn.functional.mse_loss(model(wave[:, :-1]), wave[:, 1:])
    optim.zero_grad()
    loss.backward()
    optim.step()
    print(step, loss.item())
