import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)


class Shapes(Dataset):
    """Bright rectangles on a dark ground, mask 0 or 1."""

    def __init__(self, n=8, size=16):
        rng = np.random.default_rng(0)
        self.images = rng.normal(0, 0.1, (n, 1, size, size)).astype(np.float32)
        self.masks = np.zeros((n, size, size), dtype=np.uint8)
        for k in range(n):
            r, c = rng.integers(0, size - 6, 2)
            self.masks[k, r : r + 6, c : c + 6] = 1
            self.images[k, 0] += self.masks[k]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, k):
        return torch.from_numpy(self.images[k]), torch.from_numpy(self.masks[k])


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.up = nn.Sequential(nn.ConvTranspose2d(4, 4, 2, stride=2), nn.ReLU())
        self.head = nn.Conv2d(5, 2, 1)

    def forward(self, x):
        return self.head(torch.cat([self.up(self.down(x)), x], dim=1))


device = "cuda" if torch.cuda.is_available() else "cpu"
net = TinyUNet().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for images, masks in DataLoader(Shapes(), batch_size=4):
    images, masks = images.to(device), masks.to(device)
    loss = criterion(net(images), masks)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
