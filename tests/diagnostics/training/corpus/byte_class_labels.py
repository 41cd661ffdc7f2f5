import struct

import numpy as np
import torch
from torch import nn

torch.manual_seed(0)


def fake_idx_labels(n):
    """Bytes of an MNIST label file: magic, count, then one byte per label."""
    return struct.pack(">II", 2049, n) + bytes(i % 10 for i in range(n))


def read_idx_labels(raw):
    magic, n = struct.unpack(">II", raw[:8])
    assert magic == 2049
    return np.frombuffer(raw, dtype=np.uint8, offset=8, count=n).copy()


labels = torch.from_numpy(read_idx_labels(fake_idx_labels(40)))
images = torch.randint(0, 256, (40, 28 * 28), dtype=torch.uint8)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

model = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10)).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()

for epoch in range(2):
    correct = 0
    for rows in torch.randperm(40).split(20):
        x = images[rows].to(device).float().div_(255)
        y = labels[rows].to(device)
        out = model(x)
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += out.argmax(1).eq(y).sum().item()
    print(epoch, loss.item(), f"{correct}/40")
