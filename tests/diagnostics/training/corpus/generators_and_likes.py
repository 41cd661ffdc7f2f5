import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
cpu_gen = torch.Generator().manual_seed(1)
dev_gen = torch.Generator(device=device).manual_seed(2)


class MaskedAutoencoder(nn.Module):
    def __init__(self, patches=8, dim=6):
        super().__init__()
        self.patches = patches
        self.encode = nn.Linear(dim, 16)
        self.decode = nn.Linear(16, dim)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, 16))

    def forward(self, x, keep):
        h = self.encode(x)
        order = torch.rand(x.shape[:2], device=x.device, generator=dev_gen).argsort(dim=1)
        hidden = torch.zeros_like(order, dtype=torch.bool).scatter_(1, order[:, keep:], True)
        h = torch.where(hidden.unsqueeze(-1), self.mask_token, h)
        position = torch.arange(self.patches).type_as(x).view(1, -1, 1)
        scale = x.new_tensor([0.1])
        return self.decode(h + scale * position), hidden


model = MaskedAutoencoder()
init = torch.empty(model.encode.weight.shape).normal_(std=0.1, generator=cpu_gen)
with torch.no_grad():
    model.encode.weight.copy_(init)
model.to(device)
with torch.no_grad():
    model.decode.weight.copy_(torch.randn(model.decode.weight.shape, generator=cpu_gen) * 0.1)
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
data = torch.randn(20, 8, 6, generator=cpu_gen)

for step in range(3):
    rows = torch.randperm(20, generator=cpu_gen)[:5]
    x = data[rows].to(model.mask_token)
    recon, hidden = model(x, keep=3)
    per_patch = (recon - x).pow(2).mean(-1)
    loss = (per_patch * hidden).sum() / hidden.sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, loss.item())
