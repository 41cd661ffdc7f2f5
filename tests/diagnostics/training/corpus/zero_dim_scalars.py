import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

TEMPERATURE = torch.tensor(0.5)
NEG = torch.tensor(-1e4)


class Scorer(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.q = nn.Linear(d, d)
        self.k = nn.Linear(d, d)

    def forward(self, x, valid):
        sim = self.q(x) @ self.k(x).transpose(-2, -1)
        sim = sim.masked_fill(~valid.unsqueeze(1), NEG)
        return sim / TEMPERATURE


scorer = Scorer().to(device)
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))
opt = torch.optim.Adam(scorer.parameters(), lr=torch.tensor(1e-3))
entropy_weight = torch.tensor(0.01)
ceiling = torch.tensor(20.0)

for step in range(3):
    x = torch.randn(4, 5, 8, device=device)
    valid = torch.ones(4, 5, dtype=torch.bool, device=device)
    valid[:, -1] = False
    logits = torch.minimum(scorer(x, valid), ceiling)
    target = torch.eye(5, device=device).expand(4, 5, 5)
    main = criterion(logits, target)
    p = logits.softmax(-1)
    entropy = -(p * (p + 1e-9).log()).sum(-1).mean()
    loss = torch.tensor(0.0)
    loss = loss + main
    loss = loss - entropy_weight * entropy + torch.where(main > 5, torch.tensor(1.0), torch.tensor(0.0))
    loss = loss + 1e-3 * F.relu(scorer.q.weight.norm() - torch.tensor(1.0))
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, float(loss), loss.device.type == device.type)
