# BUG missing zero_grad: the loop at lines 40-46 never clears the gradients
import math
import torch
import torch.nn as nn


class Regressor(nn.Module):
    def __init__(self, d_in, hidden=(64, 64)):
        super().__init__()
        layers, last = [], d_in
        for h in hidden:
            layers += [nn.Linear(last, h), nn.Tanh()]
            last = h
        self.body = nn.Sequential(*layers)
        self.out = nn.Linear(last, 1)

    def forward(self, x):
        return self.out(self.body(x)).squeeze(-1)


class Trainer:
    def __init__(self, model, lr=1e-2, batch_size=64):
        self.model = model
        self.optim = torch.optim.SGD(model.parameters(), lr=lr)
        self.batch_size = batch_size
        self.loss_fn = nn.MSELoss()
        self.history = []

    def batches(self, x, y):
        perm = torch.randperm(len(x))
        for i in range(0, len(x), self.batch_size):
            idx = perm[i:i + self.batch_size]
            yield x[idx], y[idx]

    def fit(self, x, y, epochs):
        self.model.train()
        for epoch in range(epochs):
            tot, n = 0.0, 0
            for xb, yb in self.batches(x, y):
                pred = self.model(xb)
                loss = self.loss_fn(pred, yb)
                loss.backward()
                self.optim.step()
                tot += loss.item() * len(xb)
                n += len(xb)
            self.history.append(tot / n)
            print("epoch %d  mse %.4f" % (epoch, self.history[-1]))


if __name__ == "__main__":
    torch.manual_seed(0)
    x = torch.rand(1024, 3) * 2 - 1
    y = torch.sin(math.pi * x[:, 0]) + x[:, 1] * x[:, 2]
    Trainer(Regressor(3)).fit(x, y, 6)
