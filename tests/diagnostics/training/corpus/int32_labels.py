import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Signals(torch.utils.data.Dataset):
    """Noisy sine waves in three frequencies."""

    def __init__(self, n, seed):
        rng = np.random.RandomState(seed)
        self.labels = rng.randint(0, 3, size=n).astype(np.int32)
        t = np.linspace(0, 1, 40)
        waves = [np.sin(2 * np.pi * (k + 1) * t) + rng.normal(0, 0.2, 40) for k in self.labels]
        self.waves = np.stack(waves).astype(np.float32)[:, None, :]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.waves[i], self.labels[i]


def main():
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loader = torch.utils.data.DataLoader(Signals(24, 0), batch_size=8, shuffle=True)
    net = nn.Sequential(
        nn.Conv1d(1, 4, 5, stride=2),
        nn.ReLU(),
        nn.Conv1d(4, 8, 5, stride=2),
        nn.ReLU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    ).to(device)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(f"{loss.item():.3f}")


if __name__ == "__main__":
    main()
