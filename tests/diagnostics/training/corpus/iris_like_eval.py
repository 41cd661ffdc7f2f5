import numpy as np
import torch
import torch.nn as nn

rs = np.random.RandomState(0)
X = np.concatenate([rs.normal(loc=c, size=(20, 4)) for c in (-2, 0, 2)]).astype(np.float32)
y = np.repeat(np.arange(3), 20)
order = rs.permutation(60)
X, y = X[order], y[order]
X_train, X_test, y_train, y_test = X[:45], X[45:], y[:45], y[45:]

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3)).to(device)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=3)
criterion = nn.CrossEntropyLoss()

xt = torch.from_numpy(X_train).to(device)
yt = torch.from_numpy(y_train).long().to(device)


def accuracy(X, y):
    model.eval()
    with torch.no_grad():
        logits = model(torch.from_numpy(X).to(device))
    preds = logits.argmax(dim=1)
    return (preds.numpy() == y).mean()


for epoch in range(3):
    model.train()

    def closure():
        optimizer.zero_grad()
        loss = criterion(model(xt), yt)
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    acc = accuracy(X_test, y_test)
    print(f"epoch {epoch} loss {loss.item():.4f} test acc {acc:.3f}")
