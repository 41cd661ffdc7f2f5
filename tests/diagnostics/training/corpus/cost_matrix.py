import torch
from torch import nn

torch.manual_seed(21)
NUM_CLASSES = 4


def make_data(n):
    x = torch.randn(n, 6)
    y = (x[:, :NUM_CLASSES]).argmax(1)
    return x, y


@torch.no_grad()
def evaluate(model, batches, device):
    model.eval()
    cost = (torch.arange(NUM_CLASSES)[:, None] - torch.arange(NUM_CLASSES)).abs()
    total = 0
    for xb, yb in batches:
        xb, yb = xb.to(device), yb.to(device)
        pred = model(xb).argmax(dim=-1)
        total += cost[yb, pred].sum().item()
    return total


def fit(model, batches, device, epochs=2):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        for xb, yb in batches:
            loss = loss_fn(model(xb.to(device)), yb.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total = evaluate(model, batches, device)
        print(epoch, loss.item(), "cost", total)


if __name__ == "__main__":
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    x, y = make_data(48)
    batches = list(zip(x.split(16), y.split(16)))
    net = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, NUM_CLASSES)).to(device)
    fit(net, batches, device)
