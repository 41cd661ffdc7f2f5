import torch
from torch import autograd, nn, optim

CRITIC_ITERS = 2
LAMBDA = 10


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 24), nn.LeakyReLU(0.2), nn.Linear(24, o))


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.size(0), 1)
    interpolates = alpha * real + (1 - alpha) * fake
    interpolates.requires_grad_(True)
    scores = critic(interpolates)
    grads = autograd.grad(
        outputs=scores,
        inputs=interpolates,
        grad_outputs=torch.ones_like(scores),
        create_graph=True,
    )[0]
    return ((grads.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


def main():
    torch.manual_seed(2)
    device = torch.device("cuda")
    G, D = mlp(4, 2).to(device), mlp(2, 1).to(device)
    opt_g = optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
    opt_d = optim.Adam(D.parameters(), lr=1e-4, betas=(0.0, 0.9))
    for it in range(2):
        for _ in range(CRITIC_ITERS):
            real = torch.randn(16, 2, device=device) * 0.5 + 2
            fake = G(torch.randn(16, 4, device=device)).detach()
            loss_d = D(fake).mean() - D(real).mean()
            loss_d = loss_d + gradient_penalty(D, real, fake)
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
        loss_g = -D(G(torch.randn(16, 4, device=device))).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        print(it, float(loss_d), float(loss_g))


if __name__ == "__main__":
    main()
