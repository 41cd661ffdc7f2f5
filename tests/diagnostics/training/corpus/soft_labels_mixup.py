import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(3)
device = "cuda" if torch.cuda.is_available() else "cpu"
K = 5


def smooth(labels, eps=0.1):
    y = torch.full((labels.size(0), K), eps / K, device=labels.device)
    return y.scatter_(1, labels.unsqueeze(1), 1 - eps + eps / K)


def mixup(x, y):
    lam = torch.distributions.Beta(0.4, 0.4).sample()
    index = torch.randperm(x.size(0), device=x.device)
    return lam * x + (1 - lam) * x[index], lam * y + (1 - lam) * y[index]


student = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, K)).to(device)
teacher = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Linear(48, K)).to(device).eval()
optimizer = torch.optim.AdamW(student.parameters(), lr=1e-2)

for step in range(4):
    x = torch.randn(16, 12, device=device)
    hard = x[:, :K].argmax(1)
    x_mix, y_mix = mixup(x, smooth(hard))
    loss_mix = F.cross_entropy(student(x_mix), y_mix)
    with torch.no_grad():
        soft = torch.softmax(teacher(x).half().float() / 3.0, dim=-1).half()
    loss_kd = F.cross_entropy(student(x) / 3.0, soft.float())
    loss_kl = F.kl_div(F.log_softmax(student(x), 1), soft.float(), reduction="batchmean")
    loss = loss_mix + 0.5 * loss_kd + 0.1 * loss_kl
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step} mix {loss_mix.item():.3f} kd {loss_kd.item():.3f}")
