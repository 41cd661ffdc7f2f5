# BUG detached loss: torch.tensor([...], requires_grad=True) (line 43) makes a new leaf, nothing reaches the model
import torch
import torch.nn as nn

S, B, NC = 4, 1, 2   # grid, boxes, classes: YOLO-toy


class ToyDetector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1), nn.LeakyReLU(0.1),
            nn.Conv2d(16, 32, 3, 2, 1), nn.LeakyReLU(0.1),
            nn.Conv2d(32, 32, 3, 2, 1), nn.LeakyReLU(0.1))
        self.head = nn.Conv2d(32, 5 + NC, 1)

    def forward(self, x):
        return self.head(self.backbone(x)).permute(0, 2, 3, 1)


def sample(n):
    img = torch.randn(n, 3, 32, 32) * 0.1
    tgt = torch.zeros(n, S, S, 5 + NC)
    for k in range(n):
        gx, gy = torch.randint(0, S, (2,)).tolist()
        c = int(torch.randint(0, NC, (1,)))
        img[k, c, gy * 8:gy * 8 + 8, gx * 8:gx * 8 + 8] += 1.5
        tgt[k, gy, gx, :5] = torch.tensor([1, .5, .5, .25, .25])
        tgt[k, gy, gx, 5 + c] = 1
    return img, tgt


class DetLoss(nn.Module):
    def __init__(self, l_box=5.0, l_noobj=0.5):
        super().__init__()
        self.l_box, self.l_noobj = l_box, l_noobj

    def forward(self, pred, tgt):
        obj = tgt[..., 0] == 1
        box = ((pred[..., 1:5] - tgt[..., 1:5])[obj] ** 2).sum(-1).mean()
        conf = nn.functional.binary_cross_entropy_with_logits(pred[..., 0], tgt[..., 0])
        cls = nn.functional.cross_entropy(pred[obj][:, 5:], tgt[obj][:, 5:].argmax(-1))
        parts = torch.tensor([self.l_box * box, conf, cls], requires_grad=True)
        return parts.sum()


torch.manual_seed(0)
model, crit = ToyDetector(), DetLoss()
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for step in range(40):
    img, tgt = sample(16)
    loss = crit(model(img), tgt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 10 == 0:
        print(f'step {step} loss {loss.item():.4f}')
