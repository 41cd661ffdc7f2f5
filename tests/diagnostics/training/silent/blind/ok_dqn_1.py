# OK: DQN with a target net that is in no optimizer and is synced by load_state_dict
import random
from collections import deque, namedtuple
import torch
import torch.nn as nn

Transition = namedtuple("Transition", "s a r s2 done")


class Corridor:
    """walk right to the goal; 8 cells"""

    def __init__(self, n=8):
        self.n = n

    def reset(self):
        self.p, self.t = 0, 0
        return self.obs()

    def obs(self):
        v = torch.zeros(self.n)
        v[self.p] = 1
        return v

    def step(self, a):
        self.p = max(0, min(self.n - 1, self.p + (1 if a else -1)))
        self.t += 1
        done = self.p == self.n - 1
        return self.obs(), (1.0 if done else -0.01), done or self.t > 40, done


class QNet(nn.Module):
    def __init__(self, n, acts):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(n, 32), nn.ReLU(), nn.Linear(32, acts))

    def forward(self, s):
        return self.f(s)


random.seed(0)
torch.manual_seed(0)
env = Corridor()
policy_net, target_net = QNet(8, 2), QNet(8, 2)
target_net.load_state_dict(policy_net.state_dict())
target_net.eval()
optimizer = torch.optim.AdamW(policy_net.parameters(), lr=3e-3, amsgrad=True)
memory, eps, steps = deque(maxlen=2000), 1.0, 0

for episode in range(25):
    s, over = env.reset(), False
    while not over:
        with torch.no_grad():
            a = random.randrange(2) if random.random() < eps else policy_net(s[None]).argmax(1).item()
        s2, r, over, term = env.step(a)
        memory.append(Transition(s, a, r, s2, float(term)))
        s, steps = s2, steps + 1
        if len(memory) >= 64:
            b = Transition(*zip(*random.sample(memory, 32)))
            q = policy_net(torch.stack(b.s)).gather(1, torch.tensor(b.a)[:, None]).squeeze(1)
            with torch.no_grad():
                nxt = target_net(torch.stack(b.s2)).max(1).values
            target = torch.tensor(b.r) + 0.95 * nxt * (1 - torch.tensor(b.done))
            loss = nn.functional.smooth_l1_loss(q, target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(policy_net.parameters(), 100)
            optimizer.step()
        if steps % 100 == 0:
            target_net.load_state_dict(policy_net.state_dict())
    eps = max(0.05, eps * 0.9)
    if episode % 8 == 0:
        print("episode", episode, "length", env.t, "eps", round(eps, 2))
