# BUG missing optimizer.step(): only scheduler.step() is called (loop at lines 51-58)
import argparse
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

VOCAB = "abcdefgh"


class NameDataset(Dataset):
    """Random strings; class = most frequent of the first 4 letters."""

    def __init__(self, n=800, length=12, seed=0):
        g = torch.Generator().manual_seed(seed)
        self.x = torch.randint(0, len(VOCAB), (n, length), generator=g)
        counts = torch.stack([(self.x == c).sum(1) for c in range(4)], 1)
        self.y = counts.argmax(1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class CharGRU(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.emb = nn.Embedding(len(VOCAB), 16)
        self.rnn = nn.GRU(16, hidden, batch_first=True)
        self.cls = nn.Linear(hidden, 4)

    def forward(self, x):
        _, h = self.rnn(self.emb(x))
        return self.cls(h[-1])


parser = argparse.ArgumentParser()
parser.add_argument("--hidden", type=int, default=32)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--seed", type=int, default=7)
args = parser.parse_args()
torch.manual_seed(args.seed)

loader = DataLoader(NameDataset(), batch_size=40, shuffle=True)
net = CharGRU(args.hidden)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=30, gamma=0.5)
for epoch in range(args.epochs):
    total = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        sched.step()
        total += float(loss.detach())
    print("epoch", epoch, "loss", total / len(loader))
