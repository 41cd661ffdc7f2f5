import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(1)


def load():
    x = torch.randn(50, 4).double().numpy()
    y = (x[:, 0] > 0).astype("float64") + (x[:, 1] > 0)
    return x, y


x, y = load()
X_train, y_train = torch.from_numpy(x[:40]).float().cuda(), torch.from_numpy(y[:40]).float().cuda()
X_test, y_test = torch.from_numpy(x[40:]).float().cuda(), torch.from_numpy(y[40:]).float().cuda()

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)).cuda()
loss_function = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)

for epoch in range(3):
    model.train()
    optimizer.zero_grad()
    y_pred = model(X_train)
    loss = loss_function(y_pred, y_train)
    loss.backward()
    optimizer.step()

    model.eval()
    with torch.no_grad():
        acc = (model(X_test).argmax(1) == y_test).float().mean()
    print(f"{epoch}: loss {loss.item():.4f} acc {acc.item():.2f}")
