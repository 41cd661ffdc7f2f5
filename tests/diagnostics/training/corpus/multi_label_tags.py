import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(9)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Photos(Dataset):
    def __init__(self, n=16, n_tags=6):
        self.images = torch.rand(n, 3, 12, 12)
        self.tags = (torch.rand(n, n_tags) < 0.5).float()
        self.tags[:, 0] = 1.0
        self.tags[:, 3] = 1.0

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return {"image": self.images[i], "tags": self.tags[i]}


model = nn.Sequential(
    nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 6)
).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(2):
    for batch in DataLoader(Photos(), batch_size=8, shuffle=True):
        images = batch["image"].to(device)
        tags = batch["tags"].to(device)
        scores = model(images)
        loss = criterion(scores, tags)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        predicted = torch.sigmoid(scores) > 0.5
        print(epoch, loss.item(), (predicted == tags.bool()).float().mean().item())
