# BUG fp16 gradients gone to zero: model.half() (line 29) with tiny losses and no loss scaling (backward line 38)
import torch
import torch.nn as nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)


class FlowNet(nn.Module):
    """predicts tiny displacement fields (units: metres, magnitude ~1e-4)"""

    def __init__(self):
        super().__init__()
        self.fc_in = nn.Linear(16, 64)
        self.fc_mid = nn.Linear(64, 64)
        self.fc_out = nn.Linear(64, 256)
        nn.init.normal_(self.fc_out.weight, std=1e-4)
        nn.init.zeros_(self.fc_out.bias)

    def forward(self, x):
        x = torch.relu(self.fc_in(x))
        x = torch.relu(self.fc_mid(x))
        return self.fc_out(x)


W = torch.randn(16, 256) * 1e-4
X = torch.randn(1024, 16)
Y = X @ W
net = FlowNet().half().to(device)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

for epoch in range(3):
    for idx in torch.randperm(1024).split(128):
        x = X[idx].half().to(device)
        y = Y[idx].half().to(device)
        optimizer.zero_grad()
        loss = ((net(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
