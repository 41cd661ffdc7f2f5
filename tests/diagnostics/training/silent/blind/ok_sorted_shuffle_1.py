# OK: data stored sorted by class, but the train loader shuffles; the test loader does not and is in eval mode
import argparse
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, Subset

ap = argparse.ArgumentParser()
ap.add_argument('--bs', default=40, type=int)
ap.add_argument('--epochs', default=3, type=int)
opt = ap.parse_args()

torch.manual_seed(0)
n_cls, per = 8, 150
centres = torch.randn(n_cls, 20) * 1.2
X = torch.cat([c + torch.randn(per, 20) for c in centres])      # sorted: class 0, class 1, ...
Y = torch.arange(n_cls).repeat_interleave(per)
full = TensorDataset(X, Y)
test_idx = list(range(0, len(full), 5))
train_idx = [i for i in range(len(full)) if i % 5]
train_dl = DataLoader(Subset(full, train_idx), batch_size=opt.bs, shuffle=True)
test_dl = DataLoader(Subset(full, test_idx), batch_size=60, shuffle=False)

net = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, n_cls))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
lossf = nn.CrossEntropyLoss()


def test():
    net.eval()
    ok, tot = 0, 0
    with torch.inference_mode():
        for x, y in test_dl:
            ok += (net(x).argmax(dim=1) == y).sum().item()
            tot += y.numel()
    return ok / tot


for e in range(opt.epochs):
    net.train()
    for x, y in train_dl:
        optimizer.zero_grad()
        l = lossf(net(x), y)
        l.backward()
        optimizer.step()
    print(e, l.item(), 'test', test())
