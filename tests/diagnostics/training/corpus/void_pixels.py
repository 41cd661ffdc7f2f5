import torch
from torch import nn
from torch.amp import GradScaler, autocast

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
VOID = 255


def random_scene(n, size=12, classes=3):
    image = torch.rand(n, 3, size, size)
    mask = torch.randint(0, classes, (n, size, size))
    mask[:, :, 0] = VOID  # borders are not annotated
    mask[:, :, -1] = VOID
    return image, mask


model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.Conv2d(8, 3, 1),
).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scaler = GradScaler(device, enabled=device == "cuda")

for it in range(2):
    image, mask = random_scene(4)
    image, mask = image.to(device), mask.to(device)
    optimizer.zero_grad()
    with autocast(device, enabled=device == "cuda"):
        logits = model(image)
        loss = criterion(logits, mask)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    valid = mask != VOID
    acc = (logits.argmax(1)[valid] == mask[valid]).float().mean()
    print(it, loss.item(), acc.item())
