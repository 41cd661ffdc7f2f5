import os
import tempfile

import torch
import torch.nn as nn

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
ckpt_path = os.path.join(tempfile.mkdtemp(), "last.pt")


def make_model():
    return nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 1))


def train_steps(model, optimizer, n):
    loss_fn = nn.MSELoss()
    for _ in range(n):
        x = torch.randn(8, 10, device=device)
        y = x.sum(dim=1, keepdim=True)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


# first run
model = make_model().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
print("before:", train_steps(model, optimizer, 2))
torch.save({"model": model.state_dict(), "optim": optimizer.state_dict(), "epoch": 1}, ckpt_path)

# second run: pick up where we stopped
checkpoint = torch.load(ckpt_path, map_location="cpu")
model = make_model()
model.load_state_dict(checkpoint["model"])
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
optimizer.load_state_dict(checkpoint["optim"])
model.to(device)
print("after:", train_steps(model, optimizer, 2))
os.remove(ckpt_path)
