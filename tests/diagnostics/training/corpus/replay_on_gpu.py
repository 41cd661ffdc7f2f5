import torch
from torch import nn

torch.manual_seed(0)


class ReplayBuffer:
    """Ring buffer whose storage lives on the training device."""

    def __init__(self, capacity, obs_dim, device):
        self.obs = torch.zeros(capacity, obs_dim, device=device)
        self.act = torch.zeros(capacity, dtype=torch.long, device=device)
        self.rew = torch.zeros(capacity, device=device)
        self.capacity, self.size = capacity, 0

    def extend(self, obs, act, rew):
        n = len(obs)
        self.obs[self.size : self.size + n] = obs
        self.act[self.size : self.size + n] = act
        self.rew[self.size : self.size + n].copy_(rew)
        self.size += n

    def sample(self, n):
        idx = torch.randperm(self.size)[:n]
        return self.obs[idx], self.act[idx], self.rew[idx]

    def rewarded(self):
        keep = torch.zeros(self.capacity, dtype=torch.bool)
        keep[: self.size : 2] = True
        return self.obs[keep], self.rew[keep]


def main():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    buffer = ReplayBuffer(64, 3, device)
    q = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2)).to(device)
    opt = torch.optim.Adam(q.parameters(), lr=1e-2)
    for it in range(3):
        obs = torch.randn(12, 3)
        buffer.extend(obs, torch.randint(0, 2, (12,)), obs[:, 0])
        o, a, r = buffer.sample(8)
        value = q(o)[torch.arange(len(a)), a.cpu()]
        loss = nn.functional.mse_loss(value, r)
        opt.zero_grad()
        loss.backward()
        opt.step()
        good, rewards = buffer.rewarded()
        print(it, loss.item(), good.shape[0], rewards.mean().item())


if __name__ == "__main__":
    main()
