import torch
import torch.nn as nn
import torch.nn.functional as F


class DeepMLP(nn.Module):
    """MLP with a configurable number of hidden layers."""

    def __init__(self, in_dim, width, depth, out_dim):
        super().__init__()
        self.inp = nn.Linear(in_dim, width)
        self.layers = [nn.Linear(width, width) for _ in range(depth)]
        self.head = nn.Linear(width, out_dim)

    def forward(self, x):
        x = F.relu(self.inp(x))
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.head(x)


if __name__ == "__main__":
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    X = torch.randn(64, 10, device=device)
    true_w = torch.randn(10, 1, device=device)
    Y = X @ true_w + 0.1 * torch.randn(64, 1, device=device)

    model = DeepMLP(10, 16, 3, 1).to(device)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    loss_fn = nn.MSELoss()

    for it in range(4):
        perm = torch.randperm(64, device=device)
        for idx in perm.split(32):
            pred = model(X[idx])
            loss = loss_fn(pred, Y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"iter {it} mse {loss.item():.4f}")
