import io

import torch
from torch import nn


def build():
    model = nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    return model, optimizer, scheduler


def train(model, optimizer, scheduler, device, steps):
    criterion = nn.CrossEntropyLoss()
    for _ in range(steps):
        x = torch.randn(10, 6, device=device)
        loss = criterion(model(x), x[:, :3].argmax(dim=1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return loss


def main():
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, optimizer, scheduler = build()
    model.to(device)
    print("first", train(model, optimizer, scheduler, device, 3).item())

    steps = {s["step"].device.type for s in optimizer.state.values()}
    print("Adam counts its steps on", steps)

    file = io.BytesIO()
    torch.save({"m": model.state_dict(), "o": optimizer.state_dict(), "s": scheduler.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, map_location="cpu")

    model, optimizer, scheduler = build()
    model.to(device)
    model.load_state_dict(saved["m"])
    optimizer.load_state_dict(saved["o"])
    scheduler.load_state_dict(saved["s"])
    print("resumed", train(model, optimizer, scheduler, device, 3).item())


if __name__ == "__main__":
    main()
