import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
device = torch.device("cuda")

area = torch.rand(48, 3)
price = area @ torch.tensor([3.0, -1.0, 2.0]) + 0.5
train_dl = DataLoader(TensorDataset(area, price), batch_size=16, shuffle=True)

model = nn.Sequential(nn.Linear(3, 10), nn.ReLU(), nn.Linear(10, 1)).to(device)
loss_func = nn.MSELoss()
opt = optim.Adam(model.parameters(), lr=0.01)


def loss_batch(model, loss_func, xb, yb, opt=None):
    loss = loss_func(model(xb), yb)
    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()
    return loss.item(), len(xb)


def fit(epochs):
    for epoch in range(epochs):
        model.train()
        losses = [loss_batch(model, loss_func, xb.to(device), yb.to(device), opt) for xb, yb in train_dl]
        mean = sum(a * n for a, n in losses) / sum(n for _, n in losses)
        print(epoch, f"{mean:.4f}")


fit(2)
