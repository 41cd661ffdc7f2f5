import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(5)
torch.manual_seed(5)
x = torch.from_numpy(rng.random((40, 3), dtype=np.float32))
ages = torch.from_numpy(rng.integers(18, 80, size=(40, 1)))


class AgeRegressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return 45 + 10 * self.net(x)


def main():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AgeRegressor().to(device)
    mse, mae = nn.MSELoss(), nn.L1Loss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for epoch in range(2):
        for xb, yb in DataLoader(TensorDataset(x, ages), batch_size=13):
            xb, yb = xb.to(device), yb.to(device)
            pred = model(xb)
            loss = mse(pred, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                error = mae(pred.squeeze(-1), yb.squeeze(-1))
        print(epoch, loss.item(), error.item())


main()
