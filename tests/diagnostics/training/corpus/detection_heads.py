import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(6)
device = "cuda"


class MultiHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(10, 32), nn.ReLU())
        self.cls = nn.Linear(32, 2)
        self.obj = nn.Linear(32, 1)
        self.box = nn.Linear(32, 4)
        self.depth = nn.Linear(32, 1)
        self.tags = nn.Linear(32, 5)

    def forward(self, x):
        h = self.trunk(x)
        return {
            "cls": self.cls(h),
            "obj": self.obj(h)[:, 0],
            "box": self.box(h),
            "depth": self.depth(h),
            "tags": self.tags(h),
        }


model = MultiHead().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(3):
    x = torch.randn(8, 10, device=device)
    kind = (torch.arange(8, device=device) + step) % 2
    objectness = torch.sigmoid(x[:, 1])
    boxes = x[:, :4].clamp(0, 1)
    depth = x[:, :1].abs()
    tags = (x[:, 5:] > 0).float()
    tags = tags * 0.9 + 0.05
    out = model(x)
    positive = kind.bool()
    losses = {
        "cls": F.nll_loss(F.log_softmax(out["cls"], dim=1), kind),
        "obj": F.binary_cross_entropy_with_logits(out["obj"], objectness, weight=torch.ones_like(objectness)),
        "box": F.smooth_l1_loss(out["box"][positive], boxes[positive]),
        "depth": F.l1_loss(out["depth"], depth),
        "tags": F.binary_cross_entropy(torch.sigmoid(out["tags"]), tags, reduction="none").mean(),
    }
    loss = sum(losses.values())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, {k: round(v.item(), 3) for k, v in losses.items()})
