# BUG learning rate far too high: Adam lr=1.0 (line 27)
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

class LitLikeModule(nn.Module):
    def __init__(self, lr):
        super().__init__()
        self.hparams = dict(lr=lr)
        self.net = nn.Sequential(
            nn.Linear(30, 128), nn.ReLU(),
            nn.Linear(128, 128), nn.ReLU(),
            nn.Linear(128, 128), nn.ReLU(),
            nn.Linear(128, 6),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        # HACK: faster convergence
        return torch.optim.Adam(self.parameters(), lr=self.hparams["lr"] * 1000)

class Trainer:
    def __init__(self, max_epochs):
        self.max_epochs = max_epochs

    def fit(self, module, loader):
        opt = module.configure_optimizers()
        for epoch in range(self.max_epochs):
            module.train()
            for i, batch in enumerate(loader):
                loss = module.training_step(batch, i)
                opt.zero_grad()
                loss.backward()
                opt.step()
            print(f"Epoch {epoch}: train_loss={loss.item():.3f}")

torch.manual_seed(0)
W = torch.randn(30, 6)
X = torch.randn(1200, 30)
Y = (X @ W).argmax(1)
Trainer(max_epochs=4).fit(LitLikeModule(lr=1e-3), DataLoader(TensorDataset(X, Y), 60, shuffle=True))
