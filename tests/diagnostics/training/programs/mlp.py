"""An MLP on a table, with loader workers, a scheduler, validation and the best weights kept."""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

features = torch.randn(160, 8)
labels = (features[:, 0] + features[:, 1] > 0).long()
train_set, test_set = random_split(TensorDataset(features, labels), [128, 32])
train_loader = DataLoader(train_set, batch_size=16, shuffle=True, num_workers=2, pin_memory=True)
test_loader = DataLoader(test_set, batch_size=16)

model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2))
model = model.to(device)
class_weights = torch.tensor([1.0, 1.5], device=device)
criterion = nn.CrossEntropyLoss(weight=class_weights)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)


def evaluate(loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            predicted = model(x.to(device)).argmax(dim=1).cpu()
            right += (predicted == y).sum().item()
    return right / len(loader.dataset)


best, best_state = -1.0, None
for epoch in range(3):
    model.train()
    total = 0.0
    for x, y in train_loader:
        x = x.to(device, non_blocking=True)
        y = y.to(device, non_blocking=True)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item() * len(x)
    scheduler.step()
    accuracy = evaluate(test_loader)
    if accuracy > best:
        best, best_state = accuracy, copy.deepcopy(model.state_dict())
    print(f"epoch {epoch}: loss {total / len(train_set):.4f}, accuracy {accuracy:.3f}")
model.load_state_dict(best_state)
print(f"best {evaluate(test_loader):.3f}")
