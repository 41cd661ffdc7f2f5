# BUG wrong argmax axis: logits.argmax(dim=0) in accuracy (line 8), dim 0 is the batch; batch 10 == classes 10 so it runs
import torch
import torch.nn as nn
import torch.optim as optim


def accuracy(logits, labels):
    preds = logits.argmax(dim=0)
    return (preds == labels).float().mean()


class MLP(nn.Module):
    def __init__(self, sizes=(64, 100, 10)):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))

    def forward(self, x):
        x = x.flatten(1)
        for l in self.layers[:-1]:
            x = torch.relu(l(x))
        return self.layers[-1](x)


def batches(xs, ys, bs):
    perm = torch.randperm(xs.shape[0])
    for i in range(0, xs.shape[0], bs):
        j = perm[i:i + bs]
        yield xs[j], ys[j]


def main():
    torch.manual_seed(2024)
    protos = torch.randn(10, 8, 8)
    ys = torch.randint(10, (1000,))
    xs = protos[ys] + 0.9 * torch.randn(1000, 8, 8)
    xv, yv = xs[800:], ys[800:]
    xs, ys = xs[:800], ys[:800]
    net = MLP()
    opt = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(3):
        net.train()
        for x, y in batches(xs, ys, 10):
            out = net(x)
            loss = nn.functional.cross_entropy(out, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        accs = []
        with torch.no_grad():
            for x, y in batches(xv, yv, 10):
                accs.append(accuracy(net(x), y))
        print(f"epoch {epoch}: loss {loss:.3f} val acc {torch.stack(accs).mean():.3f}")


if __name__ == "__main__":
    main()
