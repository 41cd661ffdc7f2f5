"""Tells rows of numbers that have a 9 in them from those that have none."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 8, padding_idx=0)  # 0 stands for nothing: its vector is 0
        self.head = nn.Linear(8, 2)

    def forward(self, rows):
        return self.head(self.embedding(rows).sum(dim=1))


def train():
    torch.manual_seed(0)
    rows = [torch.randint(1, 10, (length,)) for length in torch.randint(3, 9, (160,)).tolist()]
    data = [(nn.functional.pad(row, (0, 8 - len(row))), int((row == 9).any())) for row in rows]
    loader = DataLoader(data, batch_size=16, shuffle=True)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(8):
        for batch, labels in loader:
            optimizer.zero_grad()
            loss = cross_entropy(model(batch), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return model, losses


if __name__ == "__main__":
    model, losses = train()
    print(f"loss {losses[0]:.3f} at the start, {losses[-1]:.3f} after {len(losses)} steps")
