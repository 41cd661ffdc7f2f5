# BUG trained in eval mode: evaluate() calls model.eval() (line 46), nobody calls model.train() again (loop line 56)
import torch
import torch.nn as nn
import torch.nn.functional as F


class TextCNN(nn.Module):
    def __init__(self, vocab=50, dim=24, n_cls=3):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(dim, 16, k, padding=k // 2) for k in (3, 5)])
        self.norm = nn.BatchNorm1d(32)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(32, n_cls)

    def forward(self, ids):
        e = self.embedding(ids).transpose(1, 2)
        feats = torch.cat([F.relu(c(e)).amax(-1) for c in self.convs], 1)
        return self.fc(self.dropout(self.norm(feats)))


def corpus(n, seed):
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, 50, (n, 20), generator=g)
    y = torch.randint(0, 3, (n,), generator=g)
    pos = torch.randint(0, 20, (n,), generator=g)
    ids[torch.arange(n), pos] = y + 1
    return ids, y


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)
tr_x, tr_y = corpus(900, 1)
va_x, va_y = corpus(300, 2)
model = TextCNN().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)


def iterate(x, y, bs=60, shuffle=False):
    idx = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
    for part in idx.split(bs):
        yield x[part].to(device), y[part].to(device)


def evaluate():
    model.eval()
    hits = torch.zeros((), device=device)
    with torch.no_grad():
        for x, y in iterate(va_x, va_y):
            hits += (model(x).argmax(-1) == y).sum()
    return hits.item() / len(va_y)


best = 0.0
for epoch in range(5):
    for x, y in iterate(tr_x, tr_y, shuffle=True):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    acc = evaluate()
    best = max(best, acc)
    print(f"epoch {epoch:02d} | val acc {acc:.3f} | best {best:.3f}")
