# OK: gradient checkpointing of transformer blocks with dropout
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint


class FFBlock(nn.Module):
    def __init__(self, d, p=0.1):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.w1, self.w2 = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        return x + self.drop(self.w2(F.gelu(self.w1(self.norm(x)))))


class DeepNet(nn.Module):
    def __init__(self, d=32, depth=4, gradient_checkpointing=True):
        super().__init__()
        self.inp = nn.Linear(10, d)
        self.blocks = nn.ModuleList([FFBlock(d) for _ in range(depth)])
        self.out = nn.Linear(d, 1)
        self.gradient_checkpointing = gradient_checkpointing

    def forward(self, x):
        x = self.inp(x)
        for b in self.blocks:
            if self.gradient_checkpointing and self.training:
                x = checkpoint(b, x, use_reentrant=False)
            else:
                x = b(x)
        return self.out(x)


def main():
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    w = torch.randn(10, 1)
    X = torch.randn(1000, 10)
    Y = torch.tanh(X @ w)
    model = DeepNet().to(device)
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for epoch in range(4):
        model.train()
        for i in torch.randperm(len(X)).split(50):
            x, y = X[i].to(device), Y[i].to(device)
            loss = F.mse_loss(model(x), y)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            val = F.mse_loss(model(X[:200].to(device)), Y[:200].to(device))
        print("epoch", epoch, "mse", val.item())


main()
