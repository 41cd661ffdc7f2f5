import torch
import torch.nn as nn

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
T = 20
rng = torch.Generator().manual_seed(1234)

betas = torch.linspace(1e-4, 0.2, T, device=device)
alphas_bar = torch.cumprod(1.0 - betas, dim=0)


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.t_emb = nn.Embedding(T, 8)
        self.net = nn.Sequential(nn.Linear(2 + 8, 32), nn.SiLU(), nn.Linear(32, 2))

    def forward(self, x, t):
        return self.net(torch.cat([x, self.t_emb(t)], dim=-1))


def q_sample(x0, t):
    noise = torch.randn(x0.shape, generator=rng, device=x0.device)
    a = alphas_bar[t].unsqueeze(-1)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise, noise


model = Denoiser().to(device)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(3):
    x0 = torch.randn(16, 2, device=device) * 0.3 + 1.0
    t = torch.randint(0, T, (16,), device=device)
    xt, noise = q_sample(x0, t)
    loss = nn.functional.mse_loss(model(xt, t), noise)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f"step {step} loss {loss.item():.4f}")
