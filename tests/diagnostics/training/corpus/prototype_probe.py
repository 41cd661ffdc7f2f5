import tempfile
from pathlib import Path

import torch
import torch.nn as nn

torch.manual_seed(13)
device = "cuda" if torch.cuda.is_available() else "cpu"
N_WAY, K_SHOT, DIM = 3, 4, 8

encoder = nn.Sequential(nn.Linear(DIM, 16), nn.ReLU(), nn.Linear(16, DIM)).to(device)
support = torch.randn(N_WAY, K_SHOT, DIM, device=device) + torch.arange(N_WAY, device=device).view(-1, 1, 1)

with tempfile.TemporaryDirectory() as tmp:
    path = Path(tmp) / "prototypes.pt"
    with torch.no_grad():
        torch.save(encoder(support).mean(dim=1), path)
    prototypes = torch.load(path, map_location="cpu")

optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
history = []
for episode in range(3):
    labels = torch.arange(N_WAY, device=device).repeat_interleave(2)
    query = torch.randn(len(labels), DIM, device=device) + labels.unsqueeze(1)
    embedded = encoder(query)
    dists = torch.cdist(embedded, prototypes)
    loss = nn.functional.cross_entropy(-dists, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    history.append(loss.item())
    print(f"episode {episode}: {history[-1]:.4f}")
