import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def get_loaders(device, batch_size):
    features = torch.randn(36, 8).to(device)
    targets = features.mean(dim=1, keepdim=True)
    full = TensorDataset(features, targets)
    train_set, val_set = torch.utils.data.random_split(full, [28, 8], generator=torch.Generator().manual_seed(0))
    kwargs = {"batch_size": batch_size, "num_workers": 0, "pin_memory": torch.cuda.is_available()}
    return DataLoader(train_set, shuffle=True, **kwargs), DataLoader(val_set, **kwargs)


def run_epoch(model, loader, criterion, optimizer=None):
    model.train(optimizer is not None)
    total = 0.0
    with torch.set_grad_enabled(optimizer is not None):
        for xb, yb in loader:
            loss = criterion(model(xb), yb)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item() * len(xb)
    return total / len(loader.dataset)


if __name__ == "__main__":
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_loader, val_loader = get_loaders(device, 7)
    model = nn.Sequential(nn.Linear(8, 16), nn.ELU(), nn.Linear(16, 1)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for epoch in range(2):
        tr = run_epoch(model, train_loader, nn.MSELoss(), optimizer)
        va = run_epoch(model, val_loader, nn.MSELoss())
        print(f"{epoch}: train {tr:.4f} val {va:.4f}")
