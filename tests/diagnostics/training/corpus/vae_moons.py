import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class VAE(nn.Module):
    def __init__(self, d_in=2, d_hid=16, d_lat=2):
        super().__init__()
        self.enc = nn.Linear(d_in, d_hid)
        self.mu = nn.Linear(d_hid, d_lat)
        self.logvar = nn.Linear(d_hid, d_lat)
        self.dec = nn.Sequential(nn.Linear(d_lat, d_hid), nn.ReLU(), nn.Linear(d_hid, d_in))

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn(std.size())
        return mu + eps * std

    def forward(self, x):
        h = F.relu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        return self.dec(self.reparameterize(mu, logvar)), mu, logvar


def elbo(recon, x, mu, logvar):
    rec = F.mse_loss(recon, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (rec + kld) / x.size(0)


def moons(n, rng):
    t = rng.uniform(0, np.pi, n)
    pts = np.stack([np.cos(t), np.sin(t)], axis=1) + rng.normal(0, 0.05, (n, 2))
    return pts.astype(np.float32)


if __name__ == "__main__":
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    X = torch.as_tensor(moons(60, np.random.default_rng(0)), device=device)
    vae = VAE().to(device)
    opt = torch.optim.Adam(vae.parameters(), lr=1e-3)
    for epoch in range(3):
        recon, mu, logvar = vae(X)
        loss = elbo(recon, X, mu, logvar)
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(f"{epoch} {loss.item():.4f}")
