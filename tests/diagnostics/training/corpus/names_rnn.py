import argparse

import numpy as np
import torch
import torch.nn as nn

parser = argparse.ArgumentParser()
parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
parser.add_argument("--hidden", type=int, default=24)
parser.add_argument("--epochs", type=int, default=2)
args = parser.parse_args()

rng = np.random.default_rng(3)
X = torch.from_numpy(rng.normal(size=(20, 9, 6)).astype(np.float32))
Y = torch.from_numpy(rng.integers(0, 4, size=20))


class NamesRNN(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.n_hidden = n_hidden
        self.rnn = nn.RNN(n_in, n_hidden, batch_first=True)
        self.out = nn.Linear(n_hidden, n_out)

    def init_hidden(self, batch_size):
        return torch.zeros(1, batch_size, self.n_hidden)

    def forward(self, x):
        h0 = self.init_hidden(x.size(0))
        output, _ = self.rnn(x, h0)
        return self.out(output[:, -1])


model = NamesRNN(6, args.hidden, 4).to(args.device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for epoch in range(args.epochs):
    total = 0.0
    for i in range(0, len(X), 10):
        xb = X[i : i + 10].to(args.device)
        yb = Y[i : i + 10].to(args.device)
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}  loss {total / 2:.4f}")
