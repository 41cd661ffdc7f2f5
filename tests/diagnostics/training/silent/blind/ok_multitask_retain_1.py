# OK: multi-task heads with two backward calls over one trunk (retain_graph=True) and sigmoid only for reporting
import torch
import torch.nn as nn
import torch.nn.functional as F


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.age = nn.Linear(32, 1)
        self.smoker = nn.Linear(32, 1)
        self.blood = nn.Linear(32, 4)

    def forward(self, x):
        h = self.trunk(x)
        return self.age(h).squeeze(1), self.smoker(h).squeeze(1), self.blood(h)


def patients(n):
    x = torch.randn(n, 16)
    age = x[:, :4].sum(1) * 0.5
    smoker = (x[:, 4] + x[:, 5] > 0).float()
    blood = x[:, 8:12].argmax(1)
    return x, age, smoker, blood


torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
net = MultiTask().to(device)
opt = torch.optim.Adam([
    {"params": net.trunk.parameters(), "lr": 2e-3},
    {"params": list(net.age.parameters()) + list(net.smoker.parameters()) + list(net.blood.parameters()), "lr": 4e-3},
])
for step in range(160):
    x, age, smoker, blood = (t.to(device) for t in patients(64))
    opt.zero_grad()
    a, s, b = net(x)
    reg = F.mse_loss(a, age)
    cls = F.binary_cross_entropy_with_logits(s, smoker) + F.cross_entropy(b, blood)
    reg.backward(retain_graph=True)
    trunk_norm = torch.stack([p.grad.norm() for p in net.trunk.parameters()]).norm()
    (0.5 * cls).backward()
    opt.step()
    if step % 40 == 0:
        print(step, reg.item(), cls.item(), "trunk grad", trunk_norm.item(), "p(smoker)", torch.sigmoid(s).mean().item())
