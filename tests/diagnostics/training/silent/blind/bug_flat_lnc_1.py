# BUG loss flat at ln C: integer division `// 255` (line 15) turns every image into zeros
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader


class UInt8Images(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __getitem__(self, index):
        img = self.images[index]
        # to [0, 1]
        img = torch.from_numpy(img // 255).float().unsqueeze(0)
        return img, int(self.labels[index])

    def __len__(self):
        return len(self.labels)


def fake_mnist(n=1500, seed=0):
    rs = np.random.RandomState(seed)
    labels = rs.randint(0, 10, n)
    protos = rs.randint(0, 200, (10, 14, 14))
    imgs = np.clip(protos[labels] + rs.randint(0, 54, (n, 14, 14)), 0, 254).astype(np.uint8)
    return imgs, labels


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(16 * 5 * 5, 84), nn.ReLU(), nn.Linear(84, 10))


if __name__ == '__main__':
    torch.manual_seed(0)
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    loader = DataLoader(UInt8Images(*fake_mnist()), batch_size=32, shuffle=True)
    model = lenet().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(3):
        model.train()
        for step, (x, t) in enumerate(loader):
            x, t = x.to(device), t.to(device)
            loss = criterion(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 20 == 0:
                print(f'{epoch}/{step}: loss={loss.item():.4f}')
