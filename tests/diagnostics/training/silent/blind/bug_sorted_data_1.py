# BUG unshuffled class-sorted training data: DataLoader(..., shuffle=False) (line 34) over files sorted by class
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

CLASSES = ['cat', 'cow', 'dog', 'fox', 'hen']

class FolderLikeDataset(Dataset):
    """Walks root/<class>/*.png in order, the way ImageFolder does."""
    def __init__(self, per_class=160):
        self.samples = [(f'{c}/{i:04d}.png', k) for k, c in enumerate(CLASSES) for i in range(per_class)]
        g = torch.Generator().manual_seed(1)
        self.templates = torch.randn(len(CLASSES), 3, 12, 12, generator=g)

    def _load(self, path, k):
        g = torch.Generator().manual_seed(hash(path) % 100003)
        return self.templates[k] + torch.randn(3, 12, 12, generator=g)

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, idx):
        path, k = self.samples[idx]
        return self._load(path, k), k

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
                         nn.Linear(16 * 25, len(CLASSES)))

torch.manual_seed(0)
trainset = FolderLikeDataset()
loader = DataLoader(trainset, batch_size=32, shuffle=False, num_workers=0)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(3):
    for images, targets in loader:
        logits = model(images)
        loss = F.cross_entropy(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f'epoch {epoch} last loss {loss.item():.3f}')
