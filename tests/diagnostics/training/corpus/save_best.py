import io

import torch
import torch.nn as nn


class Regressor(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.fc1 = nn.Linear(n_features, 12)
        self.fc2 = nn.Linear(12, 1)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(-1)


def main():
    torch.manual_seed(8)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Regressor(5).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    criterion = nn.SmoothL1Loss()
    x = torch.randn(40, 5).to(device)
    y = (x * torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0], device=device)).sum(1)

    best = float("inf")
    best_file = io.BytesIO()
    for epoch in range(4):
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        if loss.item() < best:
            best = loss.item()
            best_file.seek(0)
            torch.save(model.cpu().state_dict(), best_file)
        print(f"epoch {epoch:2d}  loss {loss.item():.4f}  best {best:.4f}")


main()
