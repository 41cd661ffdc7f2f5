import torch
import torch.nn as nn

torch.manual_seed(0)
if torch.cuda.device_count() >= 2:
    dev0, dev1 = torch.device("cuda:0"), torch.device("cuda:1")
else:
    dev0 = dev1 = torch.device("cpu")


class TwoPart(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = nn.Sequential(nn.Conv1d(2, 8, 3, padding=1), nn.ReLU()).to(dev0)
        self.back = nn.Linear(8 * 10, 5).to(dev1)

    def forward(self, x):
        h = self.front(x.to(dev0))
        h = h.flatten(1)
        return self.back(h)


model = TwoPart()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
loss_fn = nn.CrossEntropyLoss()

for step in range(3):
    signal = torch.randn(6, 2, 10)
    target = torch.randint(0, 5, (6,))
    optimizer.zero_grad()
    output = model(signal)
    loss = loss_fn(output, target.to(dev1))
    loss.backward()
    optimizer.step()
    print(f"step {step}: {loss.item():.3f}")
