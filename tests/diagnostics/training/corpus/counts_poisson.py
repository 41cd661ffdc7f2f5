import torch
from torch import nn

torch.manual_seed(14)


class RateNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, 16), nn.Softplus(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x)


class Trainer:
    def __init__(self, model, lr, device):
        self.device = device
        self.model = model.to(device)
        self.criterion = nn.PoissonNLLLoss(log_input=True)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr)

    def step(self, x, counts):
        x, counts = x.to(self.device), counts.to(self.device)
        log_rate = self.model(x)
        loss = self.criterion(log_rate, counts)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
trainer = Trainer(RateNet(4), 1e-2, device)
for epoch in range(3):
    x = torch.rand(20, 4)
    counts = torch.poisson(torch.exp(x.sum(dim=1)))
    print(epoch, trainer.step(x, counts))
