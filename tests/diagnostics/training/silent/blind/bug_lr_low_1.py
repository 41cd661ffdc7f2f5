# BUG learning rate far too low: lr=1e-9 (line 11)
import torch
import torch.nn as nn

torch.manual_seed(0)

config = {
    "hidden": 48,
    "epochs": 4,
    "batch": 32,
    "lr": 1e-9,
}

# y = quadratic form of x + noise
A = torch.randn(6, 6)
X = torch.randn(960, 6)
y = torch.einsum("ni,ij,nj->n", X, A, X).unsqueeze(1) / 6
y = (y - y.mean()) / y.std()

model = nn.Sequential(
    nn.Linear(6, config["hidden"]),
    nn.SiLU(),
    nn.Linear(config["hidden"], config["hidden"]),
    nn.SiLU(),
    nn.Linear(config["hidden"], 1),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=config["lr"], weight_decay=1e-2)
loss_fn = nn.SmoothL1Loss()

for epoch in range(config["epochs"]):
    perm = torch.randperm(X.size(0))
    cum = 0.0
    for i in range(0, X.size(0), config["batch"]):
        ii = perm[i:i + config["batch"]]
        optimizer.zero_grad()
        loss = loss_fn(model(X[ii]), y[ii])
        loss.backward()
        optimizer.step()
        cum += loss.item()
    print(f"epoch {epoch}: {cum / (X.size(0) // config['batch']):.6f}")
