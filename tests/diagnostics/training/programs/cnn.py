"""A CNN on images made by numpy, with normalisation by tensors and a confusion matrix."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(1)
device = "cuda" if torch.cuda.is_available() else "cpu"


class Digits(torch.utils.data.Dataset):
    def __init__(self, count):
        random = np.random.default_rng(0)
        self.images = random.integers(0, 255, (count, 1, 14, 14), dtype=np.uint8)
        self.labels = random.integers(0, 4, count)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return torch.from_numpy(self.images[index]).float() / 255, int(self.labels[index])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.register_buffer("mean", torch.tensor([0.5]).view(1, 1, 1, 1))
        self.head = nn.Linear(8 * 5 * 5, 4)

    def forward(self, images):
        hidden = F.relu(self.conv1(images - self.mean))
        hidden = F.max_pool2d(F.relu(self.conv2(hidden)), 2)
        return F.log_softmax(self.head(hidden.flatten(1)), dim=1)


loader = torch.utils.data.DataLoader(Digits(64), batch_size=16, shuffle=True)
model = Net().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
confusion = torch.zeros(4, 4, dtype=torch.long, device=device)
for epoch in range(2):
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad(set_to_none=True)
        output = model(images)
        loss = F.nll_loss(output, labels)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")

model.eval()
with torch.inference_mode():
    for images, labels in loader:
        guesses = model(images.to(device)).argmax(1)
        pairs = labels.to(device) * 4 + guesses
        confusion += torch.bincount(pairs, minlength=16).view(4, 4)
print(confusion.cpu().numpy().sum(), confusion.diagonal().sum().item())
