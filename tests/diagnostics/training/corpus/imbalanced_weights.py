import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 11
np.random.seed(SEED)
torch.manual_seed(SEED)

# a 9:1 toy fraud data set
features = np.random.randn(80, 5).astype("float32")
labels = (np.random.rand(80) < 0.1).astype("int64")
labels[:2] = [0, 1]

counts = np.bincount(labels, minlength=2)
class_weights = torch.tensor(len(labels) / (2.0 * counts), dtype=torch.float32)
print("class weights:", class_weights.tolist())

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
loader = DataLoader(TensorDataset(torch.from_numpy(features), torch.from_numpy(labels)), batch_size=20, shuffle=True)

model = nn.Sequential(nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2)).to(device)
criterion = nn.CrossEntropyLoss(weight=class_weights)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

for epoch in range(2):
    model.train()
    seen, hits = 0, 0
    for xb, yb in loader:
        xb, yb = xb.to(device), yb.to(device)
        logits = model(xb)
        loss = criterion(logits, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += (logits.argmax(1) == yb).sum().item()
        seen += len(yb)
    print(f"epoch {epoch}: acc {hits / seen:.2f}")
