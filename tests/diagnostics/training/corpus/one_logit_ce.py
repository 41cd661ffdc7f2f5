import torch
import torch.nn as nn


class CatsVsDogs(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 8, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Linear(8 * 4 * 4, 1)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def get_batch(n, device):
    images = torch.rand(n, 3, 16, 16, device=device)
    labels = torch.zeros(n, dtype=torch.long, device=device)
    return images, labels


torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = CatsVsDogs().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for step in range(3):
    images, labels = get_batch(6, device)
    optimizer.zero_grad()
    outputs = model(images)
    loss = criterion(outputs, labels)
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item():.4f}")
