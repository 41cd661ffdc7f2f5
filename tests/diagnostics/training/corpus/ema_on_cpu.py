import copy

import torch
from torch import nn


class CpuEMA:
    """Averaged weights in host memory, to save GPU memory."""

    def __init__(self, model, decay):
        self.decay = decay
        self.shadow = {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model):
        for k, v in model.state_dict().items():
            if v.dtype.is_floating_point:
                self.shadow[k].lerp_(v.to(self.shadow[k].device), 1 - self.decay)
            else:
                self.shadow[k].copy_(v)

    @torch.no_grad()
    def apply_to(self, model):
        backup = copy.deepcopy(model.state_dict())
        for k, v in model.state_dict().items():
            v.copy_(self.shadow[k])
        return backup


torch.manual_seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Mish(), nn.Linear(16, 1)).to(device)
ema = CpuEMA(model, 0.9)
opt = torch.optim.RAdam(model.parameters(), lr=1e-2)
x_val = torch.linspace(-1, 1, 20).unsqueeze(1).repeat(1, 4).to(device)
for _ in range(4):
    x = torch.rand(32, 4, device=device) * 2 - 1
    loss = nn.functional.mse_loss(model(x), x.prod(dim=1, keepdim=True))
    opt.zero_grad()
    loss.backward()
    opt.step()
    ema.update(model)

model.eval()
backup = ema.apply_to(model)
with torch.no_grad():
    smooth = nn.functional.mse_loss(model(x_val), x_val.prod(dim=1, keepdim=True))
model.load_state_dict(backup)
model.cpu()
model.to(device)
print("train", loss.item(), "ema", smooth.item())
