import torch

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"


def synthetic_data(w, b, n):
    X = torch.normal(0, 1, (n, len(w)))
    y = X @ w + b
    return X, (y + torch.normal(0, 0.01, y.shape)).reshape(-1, 1)


true_w, true_b = torch.tensor([2.0, -3.4]), 4.2
features, labels = synthetic_data(true_w, true_b, 60)


def data_iter(batch_size):
    idx = torch.randperm(len(features))
    for i in range(0, len(features), batch_size):
        j = idx[i : i + batch_size]
        yield features[j], labels[j]


def squared_loss(y_hat, y):
    return ((y_hat - y.reshape(y_hat.shape)) ** 2 / 2).mean()


w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr = 0.1

for epoch in range(2):
    for X, y in data_iter(20):
        w, b = w.to(device), b.to(device)
        X, y = X.to(device), y.to(device)
        loss = squared_loss(X @ w + b, y)
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
            w.grad.zero_()
            b.grad.zero_()
    print(f"epoch {epoch + 1}, loss {float(loss):f}")
