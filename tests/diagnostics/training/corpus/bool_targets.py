import torch
import torch.nn as nn

torch.manual_seed(0)
has_gpu = torch.cuda.is_available()
device = torch.device("cuda" if has_gpu else "cpu")

signal = torch.cumsum(torch.randn(30, 20), dim=1)
is_positive = signal[:, -1] > 0
windows = signal[:, :-1].unsqueeze(-1)


class TrendLSTM(nn.Module):
    def __init__(self, hidden=10, layers=2):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, num_layers=layers, batch_first=True, dropout=0.1)
        self.fc = nn.Linear(hidden, 2)

    def forward(self, x):
        _, (h_n, _) = self.lstm(x)
        return self.fc(h_n[-1])


model = TrendLSTM()
if has_gpu:
    model = model.cuda()
crit = nn.NLLLoss()
log_softmax = nn.LogSoftmax(dim=1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for epoch in range(2):
    for i in range(0, 30, 10):
        x, y = windows[i : i + 10].to(device), is_positive[i : i + 10].to(device)
        optimizer.zero_grad()
        loss = crit(log_softmax(model(x)), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
    print(f"epoch {epoch}, loss {loss.item():.4f}")
