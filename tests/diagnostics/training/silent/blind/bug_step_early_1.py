# BUG step before backward: optimizer.step() (line 36) runs before loss.backward() (line 37)
# %% [markdown]
# # Tabular classification (exported from notebook)
# %%
import numpy as np
import torch
from torch import nn, optim

rng = np.random.RandomState(0)
X = rng.randn(1500, 12).astype("float32")
w = rng.randn(12, 3)
Y = (X @ w).argmax(1)
print(X.shape, Y.shape, np.bincount(Y))

# %%
model = nn.Sequential(
    nn.Linear(12, 50),
    nn.BatchNorm1d(50),
    nn.ReLU(),
    nn.Linear(50, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.005)

# %%
Xt, Yt = torch.from_numpy(X), torch.from_numpy(Y)
BS = 100
for epoch in range(4):
    order = torch.randperm(len(Xt))
    epoch_loss = []
    for k in range(0, len(Xt), BS):
        xb, yb = Xt[order[k:k+BS]], Yt[order[k:k+BS]]
        optimizer.zero_grad()
        outputs = model(xb)
        loss = criterion(outputs, yb)
        optimizer.step()
        loss.backward()
        epoch_loss.append(loss.item())
    print(f"Epoch {epoch+1}: {np.mean(epoch_loss):.4f}")

# %%
model.eval()
with torch.no_grad():
    acc = (model(Xt).argmax(dim=1) == Yt).float().mean()
print("train accuracy", acc.item())
