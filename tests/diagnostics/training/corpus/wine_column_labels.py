import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(0)
torch.manual_seed(0)
table = np.concatenate([np.random.rand(40, 6), np.random.randint(0, 3, (40, 1))], axis=1)

X = torch.tensor(table[:, :-1], dtype=torch.float32)
y = torch.tensor(table[:, -1:], dtype=torch.long)
device = "cuda" if torch.cuda.is_available() else "cpu"

loader = DataLoader(TensorDataset(X, y), batch_size=10, shuffle=True)
model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 3)).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for epoch in range(2):
    for features, labels in loader:
        features = features.to(device)
        labels = labels.to(device)
        outputs = model(features)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"Epoch [{epoch + 1}/2], Loss: {loss.item():.4f}")
