# BUG repeated worker seeds: worker_init_fn seeds numpy with the same 42 in every worker (line 33)
import random
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class AugmentedPatches(Dataset):
    def __init__(self, n=256):
        rs = np.random.RandomState(0)
        self.y = rs.randint(0, 4, n)
        base = rs.randn(4, 3, 10, 10)
        self.x = (base[self.y] + 0.5 * rs.randn(n, 3, 10, 10)).astype(np.float32)

    def __len__(self):
        return len(self.x)

    def augment(self, img):
        if np.random.rand() < 0.5:
            img = img[:, :, ::-1].copy()
        noise = np.random.normal(0, 0.3, img.shape).astype(np.float32)
        shift = np.random.randint(-2, 3)
        return np.roll(img, shift, axis=2) + noise

    def __getitem__(self, i):
        return torch.from_numpy(self.augment(self.x[i])), int(self.y[i])


def seed_worker(worker_id):
    # reproducibility
    random.seed(42)
    np.random.seed(42)


def main():
    torch.manual_seed(42)
    loader = DataLoader(AugmentedPatches(), batch_size=16, shuffle=True, num_workers=2,
                        worker_init_fn=seed_worker)
    model = nn.Sequential(nn.Flatten(), nn.Linear(300, 64), nn.ReLU(), nn.Linear(64, 4))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(2):
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
