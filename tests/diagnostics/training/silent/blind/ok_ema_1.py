# OK: EMA copy of the model, its parameters are in no optimizer and are moved by hand
import copy
import torch
from torch import nn


class ModelEmaV2(nn.Module):
    """timm-like"""

    def __init__(self, model, decay=0.98, device=None):
        super().__init__()
        self.module = copy.deepcopy(model)
        self.module.eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, model):
        for e, m in zip(self.module.state_dict().values(), model.state_dict().values()):
            if e.dtype.is_floating_point:
                e.mul_(self.decay).add_(m, alpha=1 - self.decay)
            else:
                e.copy_(m)


def evaluate(model, x, y):
    was = model.training
    model.eval()
    with torch.no_grad():
        acc = (model(x).argmax(1) == y).float().mean()
    model.train(was)
    return acc.item()


torch.manual_seed(0)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
proto = torch.randn(6, 3, 8, 8)
y = torch.randint(0, 6, (1200,))
x = proto[y] + torch.randn(1200, 3, 8, 8)
xv, yv = x[1000:].to(device), y[1000:].to(device)
x, y = x[:1000].to(device), y[:1000].to(device)

model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
                      nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(0.2), nn.Linear(256, 6)).to(device)
ema = ModelEmaV2(model)
opt = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, nesterov=True)
for epoch in range(4):
    model.train()
    for idx in torch.randperm(1000, device=device).split(50):
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        ema.update(model)
    print(epoch, "model", evaluate(model, xv, yv), "ema", evaluate(ema.module, xv, yv))
