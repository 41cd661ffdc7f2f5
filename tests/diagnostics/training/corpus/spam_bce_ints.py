import torch
from torch import nn

texts = ["win money now", "meeting at noon", "free money offer", "lunch with bob", "claim your prize", "project update"]
spam = [1, 0, 1, 0, 1, 0]
vocab = {w: i for i, w in enumerate(sorted({w for t in texts for w in t.split()}))}


def bag_of_words(text):
    v = torch.zeros(len(vocab))
    for w in text.split():
        v[vocab[w]] += 1
    return v


torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
X = torch.stack([bag_of_words(t) for t in texts]).to(device)
y = torch.tensor(spam).to(device)


class LogisticRegression(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = nn.Linear(n, 1)

    def forward(self, x):
        return self.linear(x).squeeze(-1)


model = LogisticRegression(len(vocab)).to(device)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(4):
    logits = model(X)
    loss = criterion(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    acc = ((logits > 0).long() == y).float().mean()
    print(f"{epoch} {loss.item():.3f} {acc.item():.2f}")
