import torch
from torch import nn

torch.manual_seed(12)
n_classes, n_features = 3, 7


class BrierLoss(nn.Module):
    """Mean squared distance between predicted probabilities and the true class."""

    def __init__(self, n_classes):
        super().__init__()
        self.n_classes = n_classes

    def forward(self, logits, labels):
        probs = logits.softmax(dim=-1)
        onehot = torch.eye(self.n_classes)[labels]
        return ((probs - onehot) ** 2).sum(dim=-1).mean()


model = nn.Sequential(
    nn.Linear(n_features, 14),
    nn.LayerNorm(14),
    nn.ReLU(),
    nn.Linear(14, n_classes),
)
model.cuda()
criterion = BrierLoss(n_classes)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, amsgrad=True)

X = torch.randn(30, n_features)
y = torch.randint(0, n_classes, (30,))
for epoch in range(2):
    for i in range(0, 30, 10):
        xb, yb = X[i : i + 10].cuda(), y[i : i + 10].cuda()
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
