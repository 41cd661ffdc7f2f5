import torch
import torch.nn as nn


class RatingModel(nn.Module):
    def __init__(self, users, items, dim=8, n_ratings=5):
        super().__init__()
        self.user = nn.Embedding(users, dim)
        self.item = nn.Embedding(items, dim)
        self.mlp = nn.Sequential(nn.Linear(2 * dim, 16), nn.ReLU(), nn.Linear(16, n_ratings))

    def forward(self, u, i):
        return self.mlp(torch.cat([self.user(u), self.item(i)], dim=1))


def ratings(n, seed):
    g = torch.Generator().manual_seed(seed)
    u = torch.randint(0, 20, (n,), generator=g)
    i = torch.randint(0, 30, (n,), generator=g)
    stars = (u + i) % 5 + 1
    return u, i, stars


def main():
    torch.manual_seed(0)
    device = torch.device("cuda:0") if torch.cuda.is_available() else torch.device("cpu")
    model = RatingModel(20, 30)
    model = model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    criterion = nn.CrossEntropyLoss()
    u, i, stars = (t.to(device) for t in ratings(60, seed=1))
    for epoch in range(2):
        for rows in torch.arange(60).split(20):
            logits = model(u[rows], i[rows])
            loss = criterion(logits, stars[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


main()
