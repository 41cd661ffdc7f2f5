"""Fine-tuning: a frozen backbone, a new head, another learning rate for each; the backbone thaws later."""

import torch
from torch import nn

torch.manual_seed(6)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

backbone = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
head = nn.Linear(6, 3)
backbone.to(device)
head.to(device)
for parameter in backbone.parameters():
    parameter.requires_grad = False
backbone.eval()

images = torch.randn(24, 3, 8, 8)
labels = torch.randint(0, 3, (24,))
optimizer = torch.optim.AdamW([{"params": head.parameters(), "lr": 0.01}])
criterion = nn.CrossEntropyLoss()

for epoch in range(4):
    if epoch == 2:
        for parameter in backbone.parameters():
            parameter.requires_grad = True
        backbone.train()
        optimizer.add_param_group({"params": backbone.parameters(), "lr": 0.001})
    for start in range(0, len(images), 8):
        x = images[start : start + 8].to(device)
        y = labels[start : start + 8].to(device)
        loss = criterion(head(backbone(x)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")

features = backbone.eval()(images.to(device)).detach()
centre = features.mean(0).cpu().numpy()
print(f"{centre.sum():.4f}")
