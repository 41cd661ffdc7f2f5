import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

np.random.seed(4)
torch.manual_seed(4)


def two_blobs(n):
    sign = np.where(np.random.rand(n) < 0.5, -1.0, 1.0).astype(np.float32)
    x = np.random.randn(n, 2).astype(np.float32) + sign[:, None] * 1.5
    return x, sign


def batches(x, y, size):
    for i in range(0, len(x), size):
        yield torch.from_numpy(x[i : i + size]), torch.from_numpy(y[i : i + size])


def train(model, x, y, device, epochs=2):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for epoch in range(epochs):
        for xb, yb in batches(x, y, 16):
            xb, yb = xb.to(device, non_blocking=True), yb.to(device, non_blocking=True)
            score = model(xb)[:, 0]
            loss = F.binary_cross_entropy_with_logits(score, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch={epoch} loss={loss.item():.3f}")


if __name__ == "__main__":
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).to(device)
    train(net, *two_blobs(48), device)
