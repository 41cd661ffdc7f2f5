# OK: LoRA-like adapters, base weights frozen, B starts at zero
import math
import torch
import torch.nn as nn
import torch.nn.functional as F


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, r=4, alpha=8):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad = False
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.scaling = alpha / r

    def forward(self, x):
        return self.base(x) + (x @ self.lora_A.t() @ self.lora_B.t()) * self.scaling


def inject_lora(model, r=4):
    for name, child in model.named_children():
        if isinstance(child, nn.Linear):
            setattr(model, name, LoRALinear(child, r))
        else:
            inject_lora(child, r)
    return model


def print_trainable_parameters(model):
    t = sum(p.numel() for p in model.parameters() if p.requires_grad)
    a = sum(p.numel() for p in model.parameters())
    print(f"trainable params: {t} || all params: {a} || trainable%: {100 * t / a:.2f}")


torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
X = torch.randn(1600, 32)
W0 = torch.randn(32, 8)
base = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 8)).to(device)


def fit(model, X, Y, lr, epochs, tag):
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=0.0)
    for ep in range(epochs):
        model.train()
        for i in torch.randperm(len(X)).split(80):
            loss = F.cross_entropy(model(X[i].to(device)), Y[i].to(device))
            loss.backward()
            opt.step()
            opt.zero_grad()
        print(tag, ep, loss.item())


fit(base, X, (X @ W0).argmax(1), 3e-3, 3, "pretrain")
task = (X @ (W0 + 0.7 * torch.randn(32, 8))).argmax(1)
model = inject_lora(base).to(device)
print_trainable_parameters(model)
fit(model, X, task, 5e-3, 4, "lora")
