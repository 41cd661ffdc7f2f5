import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(10)
temperature = rng.uniform(-5, 30, size=(64, 1))
hour = rng.uniform(0, 24, size=(64, 1))
energy = 50 - 1.2 * temperature + 5 * np.sin(hour / 24 * 2 * np.pi)
energy = (energy - energy.mean()) / energy.std()


class EnergyData(torch.utils.data.Dataset):
    def __init__(self, x, y):
        self.x = torch.tensor(x, dtype=torch.float32)
        self.y = torch.from_numpy(y)

    def __getitem__(self, idx):
        return self.x[idx], self.y[idx]

    def __len__(self):
        return len(self.x)


def main():
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x = np.hstack([temperature / 30, hour / 24])
    loader = torch.utils.data.DataLoader(EnergyData(x, energy), batch_size=16)
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1)).to(device)
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    for epoch in range(2):
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            optimizer.zero_grad()
            loss = criterion(model(data), target)
            loss.backward()
            optimizer.step()
        scheduler.step(loss.item())
        print(f"epoch {epoch} loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
