# BUG double sigmoid: nn.Sigmoid ends the model (line 20), loss (line 26) is BCEWithLogitsLoss
"""Multi-label tagging of short feature vectors (genre tags)."""
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split, TensorDataset

torch.manual_seed(3)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

N_TAGS = 6
W = torch.randn(40, N_TAGS)
feats = torch.randn(2000, 40)
tags = (feats @ W > 0).float()
train_set, val_set = random_split(TensorDataset(feats, tags), [1600, 400])

tagger = nn.Sequential(
    nn.Linear(40, 128), nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(128, N_TAGS),
    nn.Sigmoid(),
).to(device)

train_dl = DataLoader(train_set, batch_size=50, shuffle=True)
val_dl = DataLoader(val_set, batch_size=200)
opt = torch.optim.AdamW(tagger.parameters(), lr=2e-3)
loss_fn = nn.BCEWithLogitsLoss()

def run_epoch():
    tagger.train()
    running = torch.zeros((), device=device)
    for xb, yb in train_dl:
        xb, yb = xb.to(device), yb.to(device)
        loss = loss_fn(tagger(xb), yb)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        running += loss.detach()
    return (running / len(train_dl)).item()

@torch.no_grad()
def f1():
    tagger.eval()
    tp = fp = fn = 0
    for xb, yb in val_dl:
        p = (tagger(xb.to(device)) > 0.5).cpu()
        tp += (p & (yb > 0)).sum(); fp += (p & (yb == 0)).sum(); fn += (~p & (yb > 0)).sum()
    return float(2 * tp / (2 * tp + fp + fn))

for ep in range(4):
    print(ep, run_epoch(), f1())
