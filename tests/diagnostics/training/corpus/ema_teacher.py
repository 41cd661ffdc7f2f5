import copy

import torch
import torch.nn as nn


class EMA:
    def __init__(self, model, decay=0.99):
        self.decay = decay
        self.module = copy.deepcopy(model).eval()
        for p in self.module.parameters():
            p.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for ema_p, p in zip(self.module.parameters(), model.parameters()):
            ema_p.mul_(self.decay).add_(p, alpha=1.0 - self.decay)


def build():
    return nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 3))


def run(steps=3):
    torch.manual_seed(5)
    model = build()
    ema = EMA(model, decay=0.95)
    model.cuda()
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=steps)
    for step in range(steps):
        x = torch.randn(16, 8).cuda()
        y = x[:, :3].argmax(dim=1)
        loss = nn.functional.cross_entropy(model(x), y, label_smoothing=0.1)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        ema.update(model)
        print(f"step={step} loss={loss.item():.4f} lr={sched.get_last_lr()[0]:.5f}")


run()
