import torch
import torch.nn as nn

torch.manual_seed(6)
device = "cuda"

model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
model = model.to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, weight_decay=1e-4)
criterion = nn.CrossEntropyLoss()

train_x, train_y = torch.rand(16, 3, 8, 8), torch.randint(0, 5, (16,))
val_x, val_y = torch.rand(8, 3, 8, 8), torch.randint(0, 5, (8,))


def train_one_epoch():
    model.train()
    for i in range(0, 16, 8):
        optimizer.zero_grad()
        loss = criterion(model(train_x[i : i + 8].to(device)), train_y[i : i + 8].to(device))
        loss.backward()
        optimizer.step()


def validate():
    model.eval()
    total_loss = torch.tensor(0.0)
    with torch.no_grad():
        for i in range(0, 8, 4):
            out = model(val_x[i : i + 4].to(device))
            total_loss += criterion(out, val_y[i : i + 4].to(device))
    return total_loss / 2


for epoch in range(2):
    train_one_epoch()
    print(f"epoch {epoch}: val loss {validate():.4f}")
