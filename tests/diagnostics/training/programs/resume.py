"""A checkpoint written, and training taken up again from it: model, optimizer, scheduler, random state."""

import io

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def build():
    torch.manual_seed(10)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return model, optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)


def train(model, optimizer, scheduler, steps):
    model.train()
    for _ in range(steps):
        x = torch.randn(12, 4).to(device)
        y = torch.randint(0, 3, (12,)).to(device)
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return loss.item()


model, optimizer, scheduler = build()
print(f"{train(model, optimizer, scheduler, 4):.5f}")
file = io.BytesIO()
torch.save(
    {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "random": torch.get_rng_state(),
    },
    file,
)
print(f"{train(model, optimizer, scheduler, 4):.5f}")

file.seek(0)
checkpoint = torch.load(file, map_location="cpu", weights_only=True)
model, optimizer, scheduler = build()
model.load_state_dict(checkpoint["model"])
optimizer.load_state_dict(checkpoint["optimizer"])
scheduler.load_state_dict(checkpoint["scheduler"])
torch.set_rng_state(checkpoint["random"])
print(f"{train(model, optimizer, scheduler, 4):.5f}")
