# OK: MC dropout on purpose, dropout layers switched on in evaluation for uncertainty
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(1, 64)
        self.d1 = nn.Dropout(0.1)
        self.fc2 = nn.Linear(64, 64)
        self.d2 = nn.Dropout(0.1)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, x):
        x = self.d1(torch.relu(self.fc1(x)))
        x = self.d2(torch.relu(self.fc2(x)))
        return self.fc3(x)


def enable_dropout(model):
    """MC dropout: keep dropout active at test time."""
    for m in model.modules():
        if isinstance(m, nn.Dropout):
            m.train()


def mc_predict(model, x, samples=30):
    model.eval()
    enable_dropout(model)
    with torch.no_grad():
        ys = torch.stack([model(x) for _ in range(samples)])
    return ys.mean(0), ys.std(0)


torch.manual_seed(0)
x = torch.rand(800, 1) * 4 - 2
y = x ** 3 / 4 + 0.1 * torch.randn(800, 1)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(6):
    net.train()
    for i in torch.randperm(800).split(50):
        opt.zero_grad()
        loss = F.mse_loss(net(x[i]), y[i])
        loss.backward()
        opt.step()
    mean, std = mc_predict(net, torch.linspace(-3, 3, 7)[:, None])
    print(epoch, f"{loss.item():.4f}", "predictive std", [round(v, 3) for v in std[:, 0].tolist()])
