# BUG graph kept in a running total: epoch_loss += loss (line 42) keeps every step's graph
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

class SineDataset(Dataset):
    def __init__(self, n=512, T=24):
        self.n, self.T = n, T
    def __len__(self):
        return self.n
    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        phase = torch.rand(1, generator=g) * 6.28
        freq = 0.2 + 0.3 * torch.rand(1, generator=g)
        t = torch.arange(self.T + 1)
        s = torch.sin(freq * t + phase)
        return s[:-1, None], s[-1:]

class LSTMForecaster(nn.Module):
    def __init__(self, hidden_size=24):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden_size, num_layers=1, batch_first=True)
        self.linear = nn.Linear(hidden_size, 1)
    def forward(self, x):
        out, _ = self.lstm(x)
        return self.linear(out[:, -1])

device = 'cuda' if torch.cuda.is_available() else 'cpu'
torch.manual_seed(0)
model = LSTMForecaster().to(device)
opt = torch.optim.Adam(model.parameters(), lr=0.01)
mse = nn.MSELoss()
loader = DataLoader(SineDataset(), batch_size=32, shuffle=True)
for epoch in range(3):
    epoch_loss = 0
    for batch in loader:
        x, y = (b.to(device) for b in batch)
        loss = mse(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        epoch_loss += loss
    print('Epoch: {}, loss: {:.5f}'.format(epoch, epoch_loss / len(loader)))
