# OK: time series without shuffle, order kept on purpose (walk-forward), hidden state detached (truncated BPTT)
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
t = torch.arange(1300).float()
series = torch.sin(0.1 * t) + 0.5 * torch.sin(0.03 * t + 1) + 0.05 * torch.randn(1300)
series = (series - series.mean()) / series.std()

window = 20
xs = series.unfold(0, window + 1, 1)
X, Y = xs[:, :-1].unsqueeze(-1), xs[:, -1:]
n_train = 1000
# chronological split; no shuffle, the future must not leak
train = DataLoader(TensorDataset(X[:n_train], Y[:n_train]), batch_size=50, shuffle=False, drop_last=True)
test = DataLoader(TensorDataset(X[n_train:], Y[n_train:]), batch_size=50, shuffle=False, drop_last=True)


class Forecaster(nn.Module):
    def __init__(self, h=24):
        super().__init__()
        self.gru = nn.GRU(1, h, batch_first=True)
        self.out = nn.Linear(h, 1)

    def forward(self, x, state=None):
        o, state = self.gru(x, state)
        return self.out(o[:, -1]), state


model = Forecaster()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(5):
    model.train()
    state, total = None, 0.0
    for x, y in train:
        if state is not None:
            state = state.detach()
        pred, state = model(x, state)
        loss = nn.functional.mse_loss(pred, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        val = sum(nn.functional.mse_loss(model(x)[0], y).item() for x, y in test) / len(test)
    print(f"epoch {epoch} train {total / len(train):.4f} val {val:.4f}")
